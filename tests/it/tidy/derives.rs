//! Which files derive serde's traits, however the attribute is written.

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{Attribute, Item};

use super::modules::{attributes, is_test};

/// Whether something in this code derives `Serialize` or `Deserialize`. What tests define is
/// theirs.
pub(crate) fn derives_serde(code: &str) -> bool {
    let mut found = Derives(false);
    found.visit_file(&syn::parse_file(code).expect("code"));
    found.0
}

struct Derives(bool);

impl<'ast> Visit<'ast> for Derives {
    fn visit_item(&mut self, item: &'ast Item) {
        if !is_test(attributes(item)) {
            visit::visit_item(self, item);
        }
    }

    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        if let syn::Meta::List(list) = &attribute.meta {
            let derives = list.path.is_ident("derive") || list.path.is_ident("cfg_attr");
            self.0 |= derives && names_serde(list.tokens.clone());
        }
    }
}

fn names_serde(tokens: TokenStream) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(word) => word == "Serialize" || word == "Deserialize",
        TokenTree::Group(group) => names_serde(group.stream()),
        TokenTree::Punct(_) | TokenTree::Literal(_) => false,
    })
}

#[test]
fn a_derive_is_seen_on_one_line_or_several_and_anywhere() {
    for code in [
        "#[derive(Serialize)] struct S;",
        "#[derive(\n    Clone,\n    serde::Deserialize,\n)]\nenum E {}",
        "fn f() { #[derive(Debug, Serialize)] struct S; }",
        "mod inner { #[cfg_attr(feature = \"x\", derive(Deserialize))] struct S; }",
    ] {
        assert!(derives_serde(code), "{code}");
    }
    for code in
        ["#[derive(Clone)] struct S;", "use serde::Serialize;", "#[cfg(test)] mod t { #[derive(Serialize)] struct S; }"]
    {
        assert!(!derives_serde(code), "{code}");
    }
}
