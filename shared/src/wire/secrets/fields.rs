//! What is in a secret: a flat JSON object of texts. Says what is wrong with one without repeating
//! any of it.

use std::collections::BTreeMap;

/// The reason why a secret is of no use. Only names that we gave, never anything that was found in
/// it.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("what is in it is of no use: {0}")]
pub struct Unfit(pub String);

/// The fields of a secret.
pub struct Fields(BTreeMap<String, String>);

impl Fields {
    /// Reads the text of a secret.
    pub fn parse(text: &str) -> Result<Self, Unfit> {
        // What serde says of a mistake quotes it.
        serde_json::from_str(text).map(Self).map_err(|_| Unfit("it is not a JSON object of texts".to_owned()))
    }

    /// A field that may be absent, or be there and empty.
    pub fn optional(&self, name: &str) -> Result<Option<&str>, Unfit> {
        match self.0.get(name).map(|value| value.trim()).filter(|value| !value.is_empty()) {
            Some(value) if value.starts_with('<') => Err(Unfit(format!("{name} is still a placeholder"))),
            found => Ok(found),
        }
    }

    /// A field that has to be there.
    pub fn required(&self, name: &str) -> Result<&str, Unfit> {
        self.optional(name)?.ok_or_else(|| Unfit(format!("it has no {name}")))
    }
}

#[cfg(test)]
mod tests {
    use super::Fields;

    fn read(text: &str) -> Result<String, String> {
        let fields = Fields::parse(text).map_err(|unfit| unfit.to_string())?;
        fields.required("api_key").map(str::to_owned).map_err(|unfit| unfit.to_string())
    }

    #[test]
    fn what_is_wrong_with_a_secret_is_said_without_repeating_it() {
        assert_eq!(read(r#"{"api_key":" sesame\n","else":"x"}"#).as_deref(), Ok("sesame"));
        for (text, said) in [
            ("sesame", "it is not a JSON object of texts"),
            (r#"{"api_key":{"sesame":1}}"#, "it is not a JSON object of texts"),
            (r#"["sesame"]"#, "it is not a JSON object of texts"),
            (r#"{"apikey":"sesame"}"#, "it has no api_key"),
            (r#"{"api_key":""}"#, "it has no api_key"),
            (r#"{"api_key":"<the key, sesame>"}"#, "api_key is still a placeholder"),
        ] {
            assert_eq!(read(text), Err(format!("what is in it is of no use: {said}")), "{text}");
        }
    }
}
