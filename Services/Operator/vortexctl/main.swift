import OperatorConsole
import ServiceKit

Console(arguments: CommandLine.arguments).run().exit()
