//! JSON, byte by byte: just enough to write answers and to read a list of ids without building trees.

/// Writes a string literal (RFC 8259, section 7).
pub(crate) fn string(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    let mut rest = text.as_bytes();
    while let Some(at) = rest.iter().position(|byte| *byte < 0x20 || *byte == b'"' || *byte == b'\\') {
        out.extend_from_slice(&rest[..at]);
        match rest[at] {
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            byte @ (b'"' | b'\\') => out.extend_from_slice(&[b'\\', byte]),
            byte => out.extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
        }
        rest = &rest[at + 1..];
    }
    out.extend_from_slice(rest);
    out.push(b'"');
}

/// Writes a string literal or `null`.
pub(crate) fn string_or_null(out: &mut Vec<u8>, text: Option<&str>) {
    match text {
        Some(text) => string(out, text),
        None => out.extend_from_slice(b"null"),
    }
}

/// The body is not the JSON that was expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotIds {
    /// No JSON object at all.
    Malformed,
    /// An object without a list `ids` of strings.
    Missing,
}

/// The strings of the member `ids` of an object, as they stand there (escapes are left, for no id has any);
/// `null` is an empty list.
pub(crate) fn ids(body: &[u8]) -> Result<Vec<&[u8]>, NotIds> {
    let mut reader = Reader { rest: body };
    let mut found = None;
    reader.expect(b'{')?;
    if reader.accept(b'}') {
        return Err(NotIds::Missing);
    }
    loop {
        let name = reader.string()?;
        reader.expect(b':')?;
        if name == b"ids" {
            found = Some(reader.strings()?);
        } else {
            reader.skip(0)?;
        }
        if !reader.accept(b',') {
            break;
        }
    }
    reader.expect(b'}')?;
    reader.space();
    if !reader.rest.is_empty() {
        return Err(NotIds::Malformed);
    }
    found.ok_or(NotIds::Missing)
}

struct Reader<'a> {
    rest: &'a [u8],
}

/// Deeper than any honest request nests.
const DEEPEST: u32 = 32;

impl<'a> Reader<'a> {
    fn space(&mut self) {
        while let [b' ' | b'\t' | b'\r' | b'\n', rest @ ..] = self.rest {
            self.rest = rest;
        }
    }

    fn accept(&mut self, wanted: u8) -> bool {
        self.space();
        match self.rest {
            [byte, rest @ ..] if *byte == wanted => {
                self.rest = rest;
                true
            }
            _ => false,
        }
    }

    fn expect(&mut self, wanted: u8) -> Result<(), NotIds> {
        if self.accept(wanted) { Ok(()) } else { Err(NotIds::Malformed) }
    }

    fn string(&mut self) -> Result<&'a [u8], NotIds> {
        self.expect(b'"')?;
        let mut at = 0;
        loop {
            match self.rest.get(at) {
                Some(b'"') => break,
                Some(b'\\') => at += 2,
                Some(_) => at += 1,
                None => return Err(NotIds::Malformed),
            }
        }
        let text = &self.rest[..at];
        self.rest = &self.rest[at + 1..];
        Ok(text)
    }

    fn strings(&mut self) -> Result<Vec<&'a [u8]>, NotIds> {
        self.space();
        if let Some(rest) = self.rest.strip_prefix(b"null") {
            self.rest = rest;
            return Ok(Vec::new());
        }
        if !self.accept(b'[') {
            return Err(NotIds::Missing);
        }
        let mut strings = Vec::with_capacity(self.rest.len() / 39 + 1);
        if self.accept(b']') {
            return Ok(strings);
        }
        loop {
            strings.push(self.string()?);
            if !self.accept(b',') {
                break;
            }
        }
        self.expect(b']')?;
        Ok(strings)
    }

    /// Passes over one value of any kind.
    fn skip(&mut self, depth: u32) -> Result<(), NotIds> {
        self.space();
        match self.rest.first() {
            Some(b'"') => self.string().map(|_| ()),
            Some(b'{' | b'[') if depth < DEEPEST => self.skip_nested(depth),
            Some(b'-' | b'0'..=b'9' | b't' | b'f' | b'n') => {
                let end = |byte: &u8| matches!(byte, b',' | b'}' | b']' | b' ' | b'\t' | b'\r' | b'\n');
                let at = self.rest.iter().position(end).ok_or(NotIds::Malformed)?;
                self.rest = &self.rest[at..];
                Ok(())
            }
            _ => Err(NotIds::Malformed),
        }
    }

    fn skip_nested(&mut self, depth: u32) -> Result<(), NotIds> {
        let named = self.rest[0] == b'{';
        let end = if named { b'}' } else { b']' };
        self.rest = &self.rest[1..];
        if self.accept(end) {
            return Ok(());
        }
        loop {
            if named {
                self.string()?;
                self.expect(b':')?;
            }
            self.skip(depth + 1)?;
            if !self.accept(b',') {
                return self.expect(end);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{NotIds, ids, string};

    #[test]
    fn what_is_written_is_read_by_others_as_it_was() {
        for text in ["", "plain", "q\"q\\b/", "Zoë 🌻", "a\r\nb\tc\u{1}"] {
            let mut out = Vec::new();
            string(&mut out, text);
            assert_eq!(serde_json::from_slice::<String>(&out).expect("JSON"), text);
        }
    }

    #[test]
    fn ids_are_found_wherever_they_stand() {
        let found = |body: &'static str| ids(body.as_bytes()).map(|ids| ids.len());
        assert_eq!(found(r#"{"ids":["a","b"]}"#), Ok(2));
        assert_eq!(found(" {\n \"x\" : {\"y\":[1,null,\"]\"]}, \"ids\" : [ \"a\" ] } \n"), Ok(1));
        assert_eq!(found(r#"{"ids":[]}"#), Ok(0));
        assert_eq!(found(r#"{"ids":null}"#), Ok(0));
        assert_eq!(found(r#"{"other":[]}"#), Err(NotIds::Missing));
        assert_eq!(found("{}"), Err(NotIds::Missing));
        assert_eq!(found(r#"{"ids":"a"}"#), Err(NotIds::Missing));
        for bad in ["", "ids", r#"{"ids":["a"}"#, r#"{"ids":["a"#, r#"{"ids":["a\"#, r#"{"ids":[]}x"#, r#"{"ids":[1]}"#]
        {
            assert_eq!(found(bad), Err(NotIds::Malformed), "{bad}");
        }
    }
}
