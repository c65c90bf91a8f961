//! The CBOR of proof values (documents.md §9.4, RFC 8949): definite lengths in their shortest form, so that there is one
//! way to write what is read.

/// Reads items from the front of bytes.
pub(super) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn unsigned(&mut self) -> Option<u64> {
        self.head(Major::Unsigned)
    }

    /// With or without the tag that says "an array of bytes" (RFC 8746).
    pub(super) fn bytes(&mut self) -> Option<&'a [u8]> {
        self.0 = self.0.strip_prefix(&TAG_UINT8_ARRAY).unwrap_or(self.0);
        let length = self.head(Major::Bytes)?;
        self.take(length)
    }

    pub(super) fn exact_bytes<const N: usize>(&mut self) -> Option<&'a [u8; N]> {
        self.bytes()?.try_into().ok()
    }

    pub(super) fn text(&mut self) -> Option<&'a str> {
        let length = self.head(Major::Text)?;
        std::str::from_utf8(self.take(length)?).ok()
    }

    /// An array of exactly this many items follows.
    pub(super) fn array_of(&mut self, length: u64) -> Option<()> {
        (self.head(Major::Array)? == length).then_some(())
    }

    /// All items of an array.
    pub(super) fn array<T>(&mut self, mut item: impl FnMut(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let length = self.head(Major::Array)?;
        // Nothing is reserved by what the bytes merely say.
        (0..length).map(|_| item(self)).collect()
    }

    /// All entries of a map.
    pub(super) fn map<T>(&mut self, mut entry: impl FnMut(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let length = self.head(Major::Map)?;
        (0..length).map(|_| entry(self)).collect()
    }

    fn take(&mut self, length: u64) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(usize::try_from(length).ok()?)?;
        self.0 = rest;
        Some(taken)
    }

    fn head(&mut self, major: Major) -> Option<u64> {
        let (&first, rest) = self.0.split_first()?;
        self.0 = rest;
        if first >> 5 != major as u8 {
            return None;
        }
        let (value, least) = match first & 0x1f {
            short @ 0..24 => (u64::from(short), 0),
            24 => (self.number::<1>()?, 24),
            25 => (self.number::<2>()?, 1 << 8),
            26 => (self.number::<4>()?, 1 << 16),
            27 => (self.number::<8>()?, 1 << 32),
            _ => return None,
        };
        (value >= least).then_some(value)
    }

    fn number<const N: usize>(&mut self) -> Option<u64> {
        let (bytes, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }
}

#[derive(Clone, Copy)]
enum Major {
    Unsigned = 0,
    Bytes = 2,
    Text = 3,
    Array = 4,
    Map = 5,
}

const TAG_UINT8_ARRAY: [u8; 2] = [0xd8, 0x40];
