//! A crate as its modules, and what each of them mentions, followed to the file where it is
//! defined: through re-exports, grouped imports, `super::`, and modules that are imported whole.
//! What is called as a method is not followed, and neither is what stands behind `#[cfg(test)]`:
//! tests may use anything.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use syn::{Attribute, Item, UseTree, Visibility};

use super::mentions::mentions;

/// A crate's modules. The first is its root.
pub(crate) struct Crate {
    modules: Vec<Module>,
}

#[derive(Default)]
struct Module {
    /// `["x402", "chain"]`.
    path: Vec<String>,
    file: PathBuf,
    parent: usize,
    children: BTreeMap<String, usize>,
    /// What is defined here, by name.
    items: BTreeSet<String>,
    uses: Vec<Use>,
    /// Every path in the code, as it is written.
    mentions: Vec<Vec<String>>,
}

/// One name that a `use` brings in; `*` for all of them.
struct Use {
    name: String,
    path: Vec<String>,
    is_private: bool,
}

/// What a path leads to.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Target {
    Module(usize),
    /// Something that is defined in this module.
    Item(usize),
}

/// One file's use of another.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Arrow {
    /// The file that uses.
    pub(crate) from: PathBuf,
    /// Its module.
    pub(crate) module: Vec<String>,
    /// The file where what it uses is defined.
    pub(crate) to: PathBuf,
    /// The module of that file.
    pub(crate) used: Vec<String>,
    /// As it is written.
    pub(crate) by: String,
    /// Whether it is something in that module; not, where only the module is named.
    pub(crate) is_item: bool,
}

impl Crate {
    /// Reads a crate from its root file on. `read` has the text of a file, if there is one.
    pub(crate) fn read(root: &str, read: impl Fn(&Path) -> Option<String>) -> Self {
        let mut all = Self { modules: Vec::new() };
        all.add(Path::new(root), &[], 0, &read);
        all
    }

    /// Who uses what, each once.
    pub(crate) fn arrows(&self) -> BTreeSet<Arrow> {
        let mut arrows = BTreeSet::new();
        for (id, module) in self.modules.iter().enumerate() {
            // A re-export uses nothing: who uses it is led on to what it stands for.
            let imports = module.uses.iter().filter(|it| it.is_private && it.name != "*").map(|it| &it.path);
            for path in imports.chain(&module.mentions) {
                for target in self.resolve(id, path, &mut Vec::new()) {
                    let (to, is_item) = match target {
                        Target::Module(to) => (to, false),
                        Target::Item(to) => (to, true),
                    };
                    arrows.insert(Arrow {
                        from: module.file.clone(),
                        module: module.path.clone(),
                        to: self.modules[to].file.clone(),
                        used: self.modules[to].path.clone(),
                        by: path.join("::"),
                        is_item,
                    });
                }
            }
        }
        arrows
    }

    fn add(&mut self, file: &Path, path: &[String], parent: usize, read: &impl Fn(&Path) -> Option<String>) -> usize {
        let text = read(file).unwrap_or_else(|| panic!("{} cannot be read", file.display()));
        let parsed = syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        self.fill(file, path, parent, parsed.items, read)
    }

    fn fill(
        &mut self,
        file: &Path,
        path: &[String],
        parent: usize,
        items: Vec<Item>,
        read: &impl Fn(&Path) -> Option<String>,
    ) -> usize {
        let id = self.modules.len();
        self.modules.push(Module { path: path.to_vec(), file: file.to_owned(), parent, ..Module::default() });
        for item in items.into_iter().filter(|item| !is_test(attributes(item))) {
            match item {
                Item::Mod(inner) => {
                    let name = inner.ident.to_string();
                    let within = with(path, &name);
                    let child = match inner.content {
                        Some((_, items)) => self.fill(file, &within, id, items, read),
                        None => self.add(&file_of(file, &name, path.is_empty(), read), &within, id, read),
                    };
                    self.modules[id].children.insert(name, child);
                }
                Item::Use(import) => {
                    let is_private = matches!(import.vis, Visibility::Inherited);
                    flatten(&import.tree, &mut Vec::new(), is_private, &mut self.modules[id].uses);
                }
                item => {
                    self.modules[id].items.extend(name_of(&item));
                    self.modules[id].mentions.extend(mentions(&item));
                }
            }
        }
        id
    }

    /// Where a path leads that is written in this module. Nothing, if it leads out of the crate.
    fn resolve(&self, module: usize, path: &[String], walked: &mut Vec<(usize, String)>) -> BTreeSet<Target> {
        let Some((first, rest)) = path.split_first() else { return BTreeSet::new() };
        let start = match first.as_str() {
            "crate" => BTreeSet::from([Target::Module(0)]),
            "self" => BTreeSet::from([Target::Module(module)]),
            "super" => BTreeSet::from([Target::Module(self.modules[module].parent)]),
            name => self.look_up(module, name, walked),
        };
        rest.iter().fold(start, |at, name| {
            let next = |target: Target| match target {
                Target::Module(inside) if name == "self" => BTreeSet::from([Target::Module(inside)]),
                Target::Module(inside) if name == "super" => {
                    BTreeSet::from([Target::Module(self.modules[inside].parent)])
                }
                Target::Module(inside) => self.look_up(inside, name, walked),
                // A variant or an associated function is where its type is.
                Target::Item(_) => BTreeSet::from([target]),
            };
            at.into_iter().flat_map(next).collect()
        })
    }

    /// What a name stands for in a module. A module and a function may have the same.
    fn look_up(&self, module: usize, name: &str, walked: &mut Vec<(usize, String)>) -> BTreeSet<Target> {
        let step = (module, name.to_owned());
        if walked.contains(&step) {
            return BTreeSet::new();
        }
        walked.push(step);
        let here = &self.modules[module];
        let mut found = BTreeSet::new();
        found.extend(here.children.get(name).copied().map(Target::Module));
        if here.items.contains(name) {
            found.insert(Target::Item(module));
        }
        for import in here.uses.iter().filter(|import| import.name == name) {
            // `use a::a;` names the crate `a`, or a module of that name that is not this import.
            found.extend(self.resolve(module, &import.path, walked));
        }
        if found.is_empty() {
            for import in here.uses.iter().filter(|import| import.name == "*") {
                for target in self.resolve(module, &import.path, walked) {
                    if let Target::Module(inside) = target {
                        found.extend(self.look_up(inside, name, walked));
                    }
                }
            }
        }
        walked.pop();
        found
    }
}

/// Where a module stands that is declared in another's file.
fn file_of(file: &Path, name: &str, in_root: bool, read: &impl Fn(&Path) -> Option<String>) -> PathBuf {
    let folder = file.parent().unwrap_or(Path::new(""));
    let beside = in_root || file.ends_with("mod.rs");
    let folder = if beside { folder.to_owned() } else { folder.join(file.file_stem().unwrap_or_default()) };
    let flat = folder.join(format!("{name}.rs"));
    if read(&flat).is_some() { flat } else { folder.join(name).join("mod.rs") }
}

fn flatten(tree: &UseTree, path: &mut Vec<String>, is_private: bool, uses: &mut Vec<Use>) {
    let mut bring = |name: String, path: Vec<String>| uses.push(Use { name, path, is_private });
    match tree {
        UseTree::Path(part) => {
            path.push(part.ident.to_string());
            flatten(&part.tree, path, is_private, uses);
            path.pop();
        }
        UseTree::Name(name) if name.ident == "self" => {
            bring(path.last().cloned().unwrap_or_default(), path.clone());
        }
        UseTree::Name(name) => bring(name.ident.to_string(), with(path, &name.ident.to_string())),
        UseTree::Rename(name) if name.ident == "self" => bring(name.rename.to_string(), path.clone()),
        UseTree::Rename(name) => bring(name.rename.to_string(), with(path, &name.ident.to_string())),
        UseTree::Glob(_) => bring("*".to_owned(), path.clone()),
        UseTree::Group(group) => {
            for tree in &group.items {
                flatten(tree, path, is_private, uses);
            }
        }
    }
}

fn with(path: &[String], name: &str) -> Vec<String> {
    path.iter().cloned().chain([name.to_owned()]).collect()
}

fn name_of(item: &Item) -> Option<String> {
    let name = match item {
        Item::Const(it) => &it.ident,
        Item::Enum(it) => &it.ident,
        Item::Fn(it) => &it.sig.ident,
        Item::Static(it) => &it.ident,
        Item::Struct(it) => &it.ident,
        Item::Trait(it) => &it.ident,
        Item::Type(it) => &it.ident,
        Item::Union(it) => &it.ident,
        Item::Macro(it) => it.ident.as_ref()?,
        _ => return None,
    };
    Some(name.to_string())
}

/// What is written above an item.
pub(crate) fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(it) => &it.attrs,
        Item::Enum(it) => &it.attrs,
        Item::Fn(it) => &it.attrs,
        Item::Impl(it) => &it.attrs,
        Item::Mod(it) => &it.attrs,
        Item::Static(it) => &it.attrs,
        Item::Struct(it) => &it.attrs,
        Item::Use(it) => &it.attrs,
        _ => &[],
    }
}

/// Whether it is compiled for tests alone.
pub(crate) fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|it| match &it.meta {
        syn::Meta::List(list) if list.path.is_ident("cfg") => list.tokens.to_string() == "test",
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::Crate;

    /// `from -> to` for each use of something in another file.
    fn arrows(files: &[(&str, &str)]) -> Vec<String> {
        let read = |path: &std::path::Path| {
            files.iter().find(|(name, _)| path == std::path::Path::new(name)).map(|(_, text)| (*text).to_owned())
        };
        let all = Crate::read("lib.rs", read).arrows();
        let outward = all.iter().filter(|arrow| arrow.is_item && arrow.from != arrow.to);
        let mut found: Vec<String> =
            outward.map(|arrow| format!("{} -> {}", arrow.from.display(), arrow.to.display())).collect();
        found.dedup();
        found
    }

    /// `a` is re-exported by `top` from a file of its own; `other` holds what is looked at.
    fn from(code: &str) -> Vec<String> {
        arrows(&[
            ("lib.rs", "mod top; mod other;"),
            ("top/mod.rs", "mod a; mod b; pub use a::{A, f}; pub struct Top;"),
            ("top/a.rs", "pub struct A; pub fn f() {} pub enum E { One }"),
            ("top/b.rs", "pub struct B;"),
            ("other.rs", code),
        ])
    }

    #[test]
    fn a_use_leads_to_the_file_that_defines_through_re_exports_and_groups() {
        let a = ["other.rs -> top/a.rs"];
        for code in [
            "use crate::top::A;",
            "use crate::{top::{A as Renamed}};",
            "use crate::top; fn g(_: top::A) {}",
            "use crate::top::{self}; fn g() { top::f(); }",
            "fn g() { crate::top::f() }",
            "use super::top::a::E; fn g() -> E { E::One }",
            "fn g() { println!(\"{}\", crate::top::f()) }",
            "use crate::top::*; struct S(A);",
            "mod inner { use super::super::top::A; }",
        ] {
            assert_eq!(from(code), a, "{code}");
        }
    }

    #[test]
    fn what_only_passes_on_and_what_only_tests_uses_nothing() {
        for code in [
            "pub use crate::top::A;",
            "#[cfg(test)] mod tests { use crate::top::A; }",
            "use std::top::A;",
            "use serde::{a, b}; fn g() { a::f() }",
            "use crate::top;",
        ] {
            assert_eq!(from(code), Vec::<String>::new(), "{code}");
        }
    }

    #[test]
    fn a_re_export_that_is_used_where_it_stands_is_a_use() {
        assert_eq!(from("pub use crate::top::A; pub fn g(_: A) {}"), ["other.rs -> top/a.rs"]);
    }
}
