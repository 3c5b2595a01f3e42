//! Every event in `events/` is fed to its binary, and answered with the status in its name.

use std::fs;

use harness::{Stack, binaries};
use serde_json::Value;

#[tokio::test]
async fn each_event_is_answered_as_its_name_says() {
    let stack = Stack::start(binaries!()).await;
    let mut fed = 0;
    for folder in fs::read_dir("events").expect("events/").map(|entry| entry.expect("an entry").path()) {
        if !folder.is_dir() {
            continue;
        }
        let function = folder.file_name().and_then(|name| name.to_str()).expect("a name").to_owned();
        for file in fs::read_dir(&folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
            let event: Value = serde_json::from_slice(&fs::read(&file).expect("a file")).expect("JSON");
            let answer = stack.invoke(&function, &event).await;
            let name = file.file_stem().and_then(|name| name.to_str()).expect("a name");
            match name.rsplit_once('-') {
                Some((_, status)) => {
                    assert_eq!(answer["statusCode"].to_string(), status, "{}: {answer}", file.display());
                }
                // The canary counts none.
                None => assert!(matches!(answer["faults"].as_u64(), None | Some(0)), "{}: {answer}", file.display()),
            }
            fed += 1;
        }
    }
    assert!(fed >= 20, "only {fed} events were found");
}
