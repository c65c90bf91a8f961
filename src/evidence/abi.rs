//! Reading one ABI word out of a call's outcome, strictly (chain.md 6.11): nothing is padded, cut or rounded.

use super::CallReading;
use crate::primitives::Address;

impl CallReading {
    /// Exactly one 32-byte word.
    pub fn word(&self) -> Result<&[u8; 32], NotAWord> {
        if !self.success {
            return Err(NotAWord::Reverted);
        }
        self.data.as_slice().try_into().map_err(|_| NotAWord::WrongLength(self.data.len()))
    }

    /// A boolean: a word that is 0 or 1 and nothing else.
    pub fn flag(&self) -> Result<bool, NotAWord> {
        match self.number()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(NotAWord::OutOfRange),
        }
    }

    /// An address: a word whose upper 12 bytes are zero.
    pub fn address(&self) -> Result<Address, NotAWord> {
        Address::of_word(self.word()?).ok_or(NotAWord::OutOfRange)
    }

    /// An unsigned number that fits 64 bits.
    pub fn number(&self) -> Result<u64, NotAWord> {
        word_number(self.word()?).ok_or(NotAWord::OutOfRange)
    }
}

/// The number in a word, where it fits 64 bits.
pub(crate) fn word_number(word: &[u8; 32]) -> Option<u64> {
    word.strip_prefix(&[0; 24])?.try_into().ok().map(u64::from_be_bytes)
}

/// Why a call's outcome is not the value asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotAWord {
    /// The call reverted.
    Reverted,
    /// It returned this many bytes instead of 32.
    WrongLength(usize),
    /// It returned a word that the type does not have.
    OutOfRange,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn returned(data: &[u8]) -> CallReading {
        CallReading { success: true, data: data.to_vec() }
    }

    #[test]
    fn only_one_clean_word_is_a_value() {
        let word = |last: u8| [[0; 31].as_slice(), &[last]].concat();
        assert_eq!(returned(&word(0)).flag(), Ok(false));
        assert_eq!(returned(&word(1)).flag(), Ok(true));
        assert_eq!(returned(&word(2)).flag(), Err(NotAWord::OutOfRange));
        assert_eq!(returned(&[1; 32]).flag(), Err(NotAWord::OutOfRange));
        for length in [0, 1, 31, 33, 64] {
            assert_eq!(returned(&vec![0; length]).flag(), Err(NotAWord::WrongLength(length)));
        }
        let address = [[0; 12].as_slice(), &[7; 20]].concat();
        assert_eq!(returned(&address).address(), Ok(Address([7; 20])));
        for dirty in 0..12 {
            let mut word = address.clone();
            word[dirty] = 1;
            assert_eq!(returned(&word).address(), Err(NotAWord::OutOfRange));
        }
        assert_eq!(CallReading { success: false, data: word(1) }.flag(), Err(NotAWord::Reverted));
    }
}
