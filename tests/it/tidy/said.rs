//! What the dialler is given in a caller's words: it goes through `literal()`, since the dialler
//! expands templates in what it is given. A field of its request that is a text is a closed word of
//! ours, or is made literal.

use std::collections::BTreeSet;
use std::path::Path;

use syn::visit::{self, Visit};
use syn::{Expr, Member};

use super::source::read;

/// Texts that no caller writes: numbers that were parsed, words of a list, and our own address.
const CLOSED: [&str; 8] =
    ["phone_number", "from", "voice", "language", "dispositions", "webhook", "action", "request_id"];

#[test]
fn what_a_caller_writes_reaches_the_dialler_as_it_is_written() {
    let found = raw(&read(Path::new("shared/src/upstream/bland/request.rs")));
    assert_eq!(found, BTreeSet::new(), "a caller's words are sent without `literal()`");
}

#[test]
fn a_text_that_is_not_made_literal_is_found() {
    let code = |value: &str| {
        format!(
            "struct Call<'a> {{ task: String, note: Option<String>, pause: &'a str, length: u32, from: &'a str }}
             impl Call<'_> {{ fn of(dial: &Dial) -> Self {{
                 let note = dial.note.map(literal);
                 Self {{ task: literal(dial.task), {value}, length: dial.length, from: dial.from }}
             }} }}"
        )
    };
    for (value, field) in [
        ("note: dial.note.map(str::to_owned), pause: literal(dial.pause)", "note"),
        ("note: dial.note.map(literal), pause: dial.pause", "pause"),
        ("note, pause: literal(dial.pause)", "note"),
    ] {
        assert_eq!(raw(&code(value)), BTreeSet::from([field.to_owned()]), "{value}");
    }
    assert_eq!(raw(&code("note: dial.note.map(literal), pause: literal(dial.pause)")), BTreeSet::new());
}

/// Fields that are a text and are set to what was not made literal.
fn raw(code: &str) -> BTreeSet<String> {
    let file = syn::parse_file(code).expect("Rust");
    let mut fields = Fields::default();
    fields.visit_file(&file);
    let mut set = Set { texts: fields.texts, raw: BTreeSet::new() };
    set.visit_file(&file);
    set.raw
}

/// The fields of structs that hold a text.
#[derive(Default)]
struct Fields {
    texts: BTreeSet<String>,
}

impl<'ast> Visit<'ast> for Fields {
    fn visit_field(&mut self, field: &'ast syn::Field) {
        let mut names = Names(BTreeSet::new());
        names.visit_type(&field.ty);
        if names.0.contains("String") || names.0.contains("str") {
            self.texts.extend(field.ident.as_ref().map(ToString::to_string));
        }
    }
}

/// The names that a piece of code mentions.
struct Names(BTreeSet<String>);

impl<'ast> Visit<'ast> for Names {
    fn visit_ident(&mut self, name: &'ast syn::Ident) {
        self.0.insert(name.to_string());
    }
}

/// What the fields are set to.
struct Set {
    texts: BTreeSet<String>,
    raw: BTreeSet<String>,
}

impl<'ast> Visit<'ast> for Set {
    fn visit_expr_struct(&mut self, made: &'ast syn::ExprStruct) {
        for field in &made.fields {
            let Member::Named(name) = &field.member else { continue };
            let name = name.to_string();
            let is_open = self.texts.contains(&name) && !CLOSED.contains(&name.as_str());
            if is_open && !is_literal(&field.expr) {
                self.raw.insert(name);
            }
        }
        visit::visit_expr_struct(self, made);
    }
}

fn is_literal(value: &Expr) -> bool {
    let mut names = Names(BTreeSet::new());
    names.visit_expr(value);
    names.0.contains("literal")
}
