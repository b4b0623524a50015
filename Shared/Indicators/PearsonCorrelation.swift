/// Pearson's correlation of pairs of numbers, −1…1.
public struct PearsonCorrelation {
    private var count = 0.0
    private var meanX = 0.0
    private var meanY = 0.0
    private var squaresX = 0.0
    private var squaresY = 0.0
    private var products = 0.0

    public init() {}

    /// Takes a pair in, without ever subtracting great sums. Source: Welford's method for two variables.
    public mutating func add(_ x: Double, _ y: Double) {
        count += 1
        let fromMeanX = x - meanX, fromMeanY = y - meanY
        meanX += fromMeanX / count
        meanY += fromMeanY / count
        squaresX += fromMeanX * (x - meanX)
        squaresY += fromMeanY * (y - meanY)
        products += fromMeanX * (y - meanY)
    }

    /// Nil while one of the two has not changed, and where numbers are too great to be squared.
    public var value: Double? {
        let scale = squaresX.squareRoot() * squaresY.squareRoot()
        return scale > 0 && scale.isFinite && products.isFinite ? min(1, max(-1, products / scale)) : nil
    }
}
