//! A role has a name: the caller, the payer, the operator, the callee, or the program that does
//! something. A word that stands for any of them hides which.

use std::path::Path;

use super::source::{read, text_files};

/// Words that hide who does something.
const FACELESS: [&str; 3] = ["somebody", "nobody", "whoever"];
/// Where they are named so that they are not used, or a commit of the past is called by its title.
const NAMED: [&str; 3] = ["CONTRIBUTING.md", "docs/recipes.md", "tests/it/tidy/roles.rs"];

#[test]
fn a_role_is_called_by_its_name() {
    let files = text_files();
    assert!(files.iter().any(|file| file.ends_with("template.yaml")) && files.len() > 500, "{}", files.len());
    for file in files {
        if NAMED.iter().any(|named| file == Path::new(named)) {
            continue;
        }
        let found = faceless(&read(&file));
        assert!(found.is_empty(), "{} has a role without a name: {found:?}", file.display());
    }
}

#[test]
fn a_role_without_a_name_is_found_however_it_is_written() {
    for planted in [
        "async fn nobody_is_rung() {}",
        "Script::EndedByNobody",
        "const NOBODY: u8 = 0;",
        "// Whoever comes first",
        "fn there_is_no_one_to_ask() {}",
        "No one is told.",
        "//! It is sold to no\n//! one and stands in no document",
        "    /// told with no one\n    /// named",
    ] {
        assert_eq!(faceless(planted).len(), 1, "{planted}");
    }
    for good in ["no ones and zeros", "no one-way name", "It says no. One of them", "the payer, or no other"] {
        assert_eq!(faceless(good), Vec::<String>::new(), "{good}");
    }
}

/// What hides a role in a text, in whichever spelling, also over the end of a line.
fn faceless(text: &str) -> Vec<String> {
    let lines = text.lines().map(|line| line.trim().trim_start_matches(['/', '!', '#', '*']).trim());
    let text = lines.collect::<Vec<_>>().join(" ").to_lowercase().replace('_', " ");
    let of_one = FACELESS.iter().flat_map(|word| text.matches(word).map(str::to_owned).collect::<Vec<_>>());
    let words: Vec<&str> = text.split_whitespace().collect();
    let bare = |word: &&str| word.trim_matches(|it: char| !it.is_alphanumeric() && it != '.').to_owned();
    let begins_with_one = |word: &str| {
        let rest = word.trim_start_matches(|it: char| !it.is_alphanumeric()).strip_prefix("one");
        rest.is_some_and(|rest| !rest.starts_with(|it: char| it.is_alphanumeric() || it == '-'))
    };
    let of_two = words.windows(2).filter(|two| bare(&two[0]) == "no" && begins_with_one(two[1]));
    of_one.chain(of_two.map(|two| two.join(" "))).collect()
}
