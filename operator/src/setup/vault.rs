//! Where the functions' credentials are kept: in the stack's secrets, or in a variable for
//! development. What is made here is kept there at once, beside whatever else is in it.

use serde_json::{Map, Value};

use super::Course;
use crate::terminal::Trouble;

/// A secret of the stack's, and what is in it.
pub(super) struct Secret {
    /// The variable that says where it is.
    variable: &'static str,
    /// What it is called where it is printed.
    name: &'static str,
    /// Its ARN, where it is kept.
    id: Option<String>,
    fields: Map<String, Value>,
}

impl Secret {
    /// Reads one; nothing is in it where there is none, or where it has not been filled.
    pub(super) async fn read(course: &Course, variable: &'static str, name: &'static str) -> Result<Self, Trouble> {
        let settings = &course.desk.settings;
        let id = settings.get(variable).filter(|value| !value.starts_with('{')).map(str::to_owned);
        let fields = settings.secret(variable).await?;
        Ok(Self { variable, name, id, fields: fields.unwrap_or_default() })
    }

    /// A field; what is still a placeholder is none.
    pub(super) fn get(&self, field: &str) -> Option<&str> {
        let text = self.fields.get(field).and_then(Value::as_str).map(str::trim);
        text.filter(|text| !text.is_empty() && !text.starts_with('<'))
    }

    /// Its ARN, where it is kept.
    pub(super) fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// Whether what is made can be kept, or is printed.
    pub(super) fn has_a_place(&self, course: &Course) -> bool {
        self.id.is_some() || course.options.print
    }

    /// Keeps fields for good, and lets the library's clients find them.
    pub(super) async fn keep(&mut self, course: &mut Course, fields: &[(&str, &str)]) -> Result<(), Trouble> {
        for (field, value) in fields {
            self.fields.insert((*field).to_owned(), Value::from(*value));
        }
        if course.options.print {
            course.printed.insert(self.name.to_owned(), Value::Object(self.fields.clone()));
        } else if let Some(id) = &self.id {
            course.desk.settings.aws()?.put_secret(id, &self.fields).await?;
        }
        self.show(course);
        Ok(())
    }

    /// Lets the library's clients find what is in it.
    pub(super) fn show(&self, course: &mut Course) {
        let inline = Value::Object(self.fields.clone()).to_string();
        course.desk.settings.put(self.variable, Some(inline));
    }

    /// With a field that the clients want to see, whatever it is.
    pub(super) fn show_with(&self, course: &mut Course, fields: &[(&str, &str)]) {
        let mut all = self.fields.clone();
        for (field, value) in fields {
            all.insert((*field).to_owned(), Value::from(*value));
        }
        course.desk.settings.put(self.variable, Some(Value::Object(all).to_string()));
    }
}
