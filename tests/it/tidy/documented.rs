//! A struct's documentation is a noun phrase that names its role: `CONTRIBUTING.md`, English, 4.
//! Enums of causes may begin with *Why*.

use syn::visit::{self, Visit};
use syn::{Attribute, ItemStruct, Lit};

use super::source::{read, rust_files};

/// The words with which a clause begins, and not the name of a role.
const CLAUSES: [&str; 11] =
    ["What", "Who", "Whose", "Whom", "How", "Why", "Whether", "Where", "When", "Which", "Those"];

#[test]
fn a_structs_documentation_names_its_role() {
    for file in rust_files("shared/src").into_iter().chain(rust_files("operator/src")) {
        let mut found = Clauses(Vec::new());
        found.visit_file(&syn::parse_file(&read(&file)).expect("code"));
        assert!(found.0.is_empty(), "{}: {:?}", file.display(), found.0);
    }
}

#[test]
fn a_clause_is_told_from_a_role() {
    for (code, is_clause) in [
        ("/// What is sold.\npub struct A;", true),
        ("#[derive(Debug)]\n/// Who pays.\nstruct A(u8);", true),
        ("/// The wallet that pays.\npub struct A;", false),
        ("/// Whatever.\npub struct A;", false),
        ("/// Why not.\npub enum A {}", false),
        ("mod a { /// How it is.\nstruct B; }", true),
    ] {
        let mut found = Clauses(Vec::new());
        found.visit_file(&syn::parse_file(code).expect("code"));
        assert_eq!(!found.0.is_empty(), is_clause, "{code}");
    }
}

struct Clauses(Vec<String>);

impl<'ast> Visit<'ast> for Clauses {
    fn visit_item_struct(&mut self, item: &'ast ItemStruct) {
        let first = item.attrs.iter().find_map(words).unwrap_or_default();
        if CLAUSES.contains(&first.split_whitespace().next().unwrap_or_default()) {
            self.0.push(format!("{}: {first}", item.ident));
        }
        visit::visit_item_struct(self, item);
    }
}

fn words(attribute: &Attribute) -> Option<String> {
    let syn::Meta::NameValue(doc) = &attribute.meta else { return None };
    let syn::Expr::Lit(words) = &doc.value else { return None };
    match &words.lit {
        Lit::Str(text) if doc.path.is_ident("doc") => Some(text.value()),
        _ => None,
    }
}
