import Testing

@testable import WebClient

struct TextTests {
    /// The vectors of RFC 4231 (case 2), RFC 4648 and RFC 3986.
    @Test func `texts are signed and encoded by the book`() throws {
        let key = try #require(SigningKey("Jefe"))
        #expect(key.kind == .hmac)
        #expect(
            hexText(key.signature(of: "what do ya want for nothing?"))
                == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
        for (text, encoded) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")] {
            #expect(base64Text(Array(text.utf8)) == encoded)
        }
        #expect(percentEncoded("a-._~Z9 /ä") == "a-._~Z9%20%2F%C3%A4")
        #expect(SigningKey("") == nil)
        #expect(SigningKey("-----BEGIN PRIVATE KEY-----\nnone\n-----END PRIVATE KEY-----") == nil)
    }

    @Test func `a JSON text becomes a tree whose numbers stay exact`() throws {
        let value = try JSONValue(Array(#"{"a":[1.10,"\u00e4\n",true,null],"a2":{"b":"-7"},"c":1,"c":2}"#.utf8))
        #expect(value["a"]?.elements.map(\.text) == ["1.10", "ä\n", nil, nil])
        #expect(value["a"]?.elements[2].bool == true)
        #expect(value["a2"]?["b"]?.integer == -7)
        #expect(value["c"]?.integer == 2)
        for broken in ["", "{", "[1,]", "{\"a\"}", "01", "1 2", "\"\u{1}\"", "nul", "[\"\\x\"]"] {
            #expect(throws: FrameError.self, "\(broken)") { try JSONValue(Array(broken.utf8)) }
        }
        let deep = String(repeating: "[", count: 40) + String(repeating: "]", count: 40)
        #expect(throws: FrameError.self) { try JSONValue(Array(deep.utf8)) }
    }

    @Test func `the key of a value is found from where it stands`() {
        let text = Array(#"{"e":"x", "price" : "12","list":["13",14],"number":15}"#.utf8)
        text.withUnsafeBytes { bytes in
            let cursor = FrameCursor(bytes)
            for (value, key) in [("12", "price"), ("13", nil), ("14", nil), ("15", "number"), ("x", "e")] {
                let start = text.firstRange(of: Array(value.utf8))?.lowerBound ?? 0
                #expect(cursor.key(ofValueAt: start) == key)
            }
            #expect(cursor.key(ofValueAt: 0) == nil)
        }
    }
}
