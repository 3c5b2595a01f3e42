//! The commands of `dialtone`, as they are typed and as OPERATIONS lists them.

use std::collections::BTreeSet;
use std::path::Path;

use syn::Item;

use super::source::read;

#[test]
fn operations_lists_each_command_of_the_operators_and_no_other() {
    let code = syn::parse_file(&read(Path::new("operator/src/args.rs"))).expect("code");
    let commands = code.items.iter().find_map(|item| match item {
        Item::Enum(one) if one.ident == "Command" => Some(one),
        _ => None,
    });
    let typed: BTreeSet<String> =
        commands.expect("commands").variants.iter().map(|one| kebab(&one.ident.to_string())).collect();
    let operations = read(Path::new("OPERATIONS.md"));
    let (_, table) = operations.split_once("\n| Command | For |\n").expect("a table");
    let cells = table.lines().take_while(|line| line.starts_with('|')).filter_map(|line| line.split(" | ").next());
    // In a cell each is between backticks, with what may stand behind it.
    let words = cells.flat_map(|cell| cell.split('`').skip(1).step_by(2)).filter_map(|words| words.split(' ').next());
    let listed: BTreeSet<String> = words.map(str::to_owned).collect();
    assert!(typed.len() > 20, "{typed:?}");
    assert_eq!(listed, typed, "the table of commands in OPERATIONS.md, and operator/src/args.rs");
}

/// As clap has it typed.
fn kebab(name: &str) -> String {
    let mut typed = String::new();
    for c in name.chars() {
        if c.is_ascii_uppercase() && !typed.is_empty() {
            typed.push('-');
        }
        typed.push(c.to_ascii_lowercase());
    }
    typed
}
