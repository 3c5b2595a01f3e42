//! Closed lists of words: an enum whose variants have one spelling each, for whatever reads and
//! writes them.

/// Declares such an enum. The spelling stands beside the variant, and nowhere else.
macro_rules! words {
    ($(#[$about:meta])* $vis:vis enum $name:ident { $($(#[$doc:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$about])*
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        $vis enum $name {
            $($(#[$doc])* $variant,)+
        }

        impl $name {
            /// All of them, in their order.
            $vis const ALL: &[Self] = &[$(Self::$variant),+];
            /// Their spellings, in the same order.
            $vis const WORDS: &[&str] = &[$($word),+];

            /// How it is spelled.
            $vis const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }

            /// Reads a spelling.
            $vis fn parse(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|word| word.as_str() == text)
            }
        }
    };
}

pub(crate) use words;

#[cfg(test)]
mod tests {
    words! {
        /// Two words.
        enum Answer {
            /// One.
            Yes = "yes",
            /// The other.
            NotNow = "not-now",
        }
    }

    #[test]
    fn a_word_is_read_as_it_is_spelled_and_not_otherwise() {
        assert_eq!(Answer::WORDS, ["yes", "not-now"]);
        for (word, spelled) in Answer::ALL.iter().zip(Answer::WORDS) {
            assert_eq!((word.as_str(), Answer::parse(spelled)), (*spelled, Some(*word)));
        }
        assert_eq!(Answer::ALL, [Answer::Yes, Answer::NotNow]);
        for other in ["", "Yes", "no", "yes "] {
            assert_eq!(Answer::parse(other), None, "{other}");
        }
    }
}
