//! The words and names that the store writes: a name comes from the field of a row and a word from
//! its enum, so that what is written is what is read. A text that is spelled where it is written is
//! found wherever it stands in what is written, also by way of a constant or a variable.

use std::collections::BTreeSet;
use std::path::Path;

use proc_macro2::{TokenStream, TokenTree};
use syn::punctuated::Punctuated;
use syn::visit::{self, Visit};
use syn::{Attribute, Expr, Lit, Token};

use super::source::{read, rust_files};

/// What writes an attribute, or asks for one.
const METHODS: [&str; 9] = ["set", "set_some", "remove", "add", "when", "entry", "then", "due", "put"];
const FUNCTIONS: [&str; 7] = ["is", "no", "there", "at_most", "above", "at_least", "as_seen"];

#[test]
fn the_store_writes_names_and_words_that_its_rows_read() {
    for file in rust_files("shared/src/store") {
        // What a name and a word are is said there.
        if file.starts_with("shared/src/store/rows") || file.file_name().is_some_and(|name| name == "tests.rs") {
            continue;
        }
        let found = loose(&read(&file));
        assert!(found.is_empty(), "{}: loose words are written: {found:?}", file.display());
    }
    assert!(Path::new("shared/src/store/rows").is_dir());
}

#[test]
fn a_loose_word_is_found_wherever_it_is_planted() {
    for planted in [
        r#"change.set(STATE, "open")"#,
        r#"change.set("state", State::Open)"#,
        r#"change.set(STATE, "open".to_owned())"#,
        r#"change.set(STATE, String::from("open"))"#,
        r#"change.set(STATE, if done { "closed" } else { word })"#,
        r#"change.set(STATE, format!("{word}-open"))"#,
        r#"change.set_some(STATE, word.map(|_| "open"))"#,
        r#"change.remove(REFUND.then("state"))"#,
        r#"change.when(is(STATE, "open"))"#,
        r#"change.when(When::Any(vec![no("state"), is(STATE, State::Open)]))"#,
        r#"change.when(as_seen(STATE, Some("open")))"#,
        r#"change.add("count", 1)"#,
        r#"{ const OPEN: &str = "open"; change.set(STATE, OPEN) }"#,
        r#"{ let open = "open"; change.set(STATE, open) }"#,
    ] {
        let code = format!("fn planted(change: Change) -> Change {{ {planted} }}");
        assert_eq!(loose(&code).len(), 1, "{planted}");
    }
    let good = r#"
        fn good(change: Change) -> Change {
            change.set(STATE, State::Open).set(BY, who).when(is(SALE, &record.id)).or(Hurdle::Sale)
        }
        fn said() -> Result<(), StoreFault> { Err(StoreFault::Row("state")) }
        #[cfg(test)]
        mod tests { fn test(change: Change) -> Change { change.set(STATE, "open") } }
    "#;
    assert_eq!(loose(good), Vec::<String>::new());
}

/// Texts that are spelled in what the code writes.
fn loose(code: &str) -> Vec<String> {
    let file = syn::parse_file(code).expect("Rust");
    let mut texts = Texts::default();
    texts.visit_file(&file);
    let mut found = Written { texts: texts.0, found: Vec::new(), inside: false };
    found.visit_file(&file);
    found.found
}

fn is_test(attributes: &[Attribute]) -> bool {
    let is_it = |it: &Attribute| matches!(&it.meta, syn::Meta::List(list) if list.tokens.to_string() == "test");
    attributes.iter().any(|it| it.path().is_ident("cfg") && is_it(it))
}

/// Constants and variables that are a text.
#[derive(Default)]
struct Texts(BTreeSet<String>);

fn is_text(expression: &Expr) -> bool {
    matches!(expression, Expr::Lit(literal) if matches!(literal.lit, Lit::Str(_)))
}

impl<'ast> Visit<'ast> for Texts {
    fn visit_item_const(&mut self, item: &'ast syn::ItemConst) {
        if is_text(&item.expr) {
            self.0.insert(item.ident.to_string());
        }
    }

    fn visit_local(&mut self, local: &'ast syn::Local) {
        if let (syn::Pat::Ident(name), Some(init)) = (&local.pat, &local.init)
            && is_text(&init.expr)
        {
            self.0.insert(name.ident.to_string());
        }
        visit::visit_local(self, local);
    }
}

struct Written {
    texts: BTreeSet<String>,
    found: Vec<String>,
    /// Whether this stands in what is written.
    inside: bool,
}

impl Written {
    fn all<'a>(&mut self, arguments: impl IntoIterator<Item = &'a Expr>) {
        let before = std::mem::replace(&mut self.inside, true);
        for argument in arguments {
            self.visit_expr(argument);
        }
        self.inside = before;
    }

    fn tokens(&mut self, tokens: TokenStream) {
        for token in tokens {
            match token {
                TokenTree::Literal(literal) if literal.to_string().starts_with('"') => {
                    self.found.push(literal.to_string());
                }
                TokenTree::Group(group) => self.tokens(group.stream()),
                _ => {}
            }
        }
    }
}

impl<'ast> Visit<'ast> for Written {
    fn visit_item_mod(&mut self, module: &'ast syn::ItemMod) {
        if !is_test(&module.attrs) {
            visit::visit_item_mod(self, module);
        }
    }

    fn visit_expr_method_call(&mut self, call: &'ast syn::ExprMethodCall) {
        self.visit_expr(&call.receiver);
        // `bool::then` has a closure, and what it makes is looked at where it is written.
        let is_a_name = call.method != "then" || !matches!(call.args.first(), Some(Expr::Closure(_)));
        if METHODS.iter().any(|name| call.method == name) && is_a_name {
            self.all(&call.args);
        } else {
            call.args.iter().for_each(|argument| self.visit_expr(argument));
        }
    }

    fn visit_expr_call(&mut self, call: &'ast syn::ExprCall) {
        let last = match &*call.func {
            Expr::Path(path) => path.path.segments.last().map(|segment| segment.ident.to_string()),
            _ => None,
        };
        if last.is_some_and(|last| FUNCTIONS.contains(&last.as_str())) {
            self.all(&call.args);
        } else {
            call.args.iter().for_each(|argument| self.visit_expr(argument));
        }
    }

    fn visit_lit_str(&mut self, text: &'ast syn::LitStr) {
        if self.inside {
            self.found.push(text.value());
        }
    }

    fn visit_expr_path(&mut self, path: &'ast syn::ExprPath) {
        let name = path.path.get_ident().map(ToString::to_string);
        if let Some(name) = name.filter(|name| self.inside && self.texts.contains(name)) {
            self.found.push(name);
        }
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        match call.parse_body_with(Punctuated::<Expr, Token![,]>::parse_terminated) {
            Ok(all) => all.iter().for_each(|expression| Visit::visit_expr(self, expression)),
            Err(_) if self.inside => self.tokens(call.tokens.clone()),
            Err(_) => {}
        }
    }
}
