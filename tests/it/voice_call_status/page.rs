//! A call as a person sees it: its page in a browser.

use std::time::Duration;

use harness::request::Response;
use harness::sim::bland::{End, Script, Speaker, Step};
use harness::sim::{Answer, Fault};
use harness::{Stack, binaries};
use serde_json::json;

use super::Call;

/// What browsers send.
const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

impl Call {
    pub(super) async fn page(&self) -> Response {
        self.stack.get(&format!("/v1/voice/call/{}", self.id)).header("accept", BROWSER).send().await
    }
}

pub(super) fn html(answer: &Response) -> String {
    assert_eq!(answer.header("content-type"), Some("text/html; charset=utf-8"));
    String::from_utf8(answer.body.to_vec()).expect("UTF-8")
}

#[tokio::test]
async fn a_browser_gets_a_page_and_a_program_what_it_always_got() {
    let call = Call::placed(Script::UserHangsUp).await;
    let path = format!("/api/v1/voice/call/{}", call.id);
    for accept in
        ["*/*", "application/json", "application/json, text/plain, */*", "text/html;q=0.5, */*;q=0.5", "image/png"]
    {
        let answer = call.stack.get(&path).header("accept", accept).send().await;
        assert_eq!(answer.header("content-type"), Some("application/json"), "{accept}");
        assert_eq!(answer.json()["call_id"], call.id.as_str());
        assert_eq!(answer.header("vary"), Some("Accept"));
    }
    for accept in [BROWSER, "text/html", "application/json;q=0.9, text/html"] {
        let answer = call.stack.get(&path).header("accept", accept).send().await;
        assert!(html(answer.expect(200)).contains("<h1>"), "{accept}");
        // It is as large as what is compressed for clients that want that.
        assert_eq!(answer.header("vary"), Some("Accept, Accept-Encoding"));
    }
}

#[tokio::test]
async fn a_page_that_is_compressed_says_what_it_depends_on() {
    let call = Call::placed(Script::UserHangsUp).await;
    let path = format!("/api/v1/voice/call/{}", call.id);
    let page = call.stack.get(&path).header("accept", BROWSER).header("accept-encoding", "gzip").send().await;
    assert_eq!(page.expect(200).header("content-encoding"), Some("gzip"));
    assert_eq!(page.header("vary"), Some("Accept, Accept-Encoding"));
}

#[tokio::test]
async fn a_page_shows_how_a_call_goes_and_looks_again_until_it_is_over() {
    let call = Call::placed(Script::UserHangsUp).await;
    let page = html(&call.page().await);
    assert!(page.contains("Calling") && page.contains("$0.54 paid.") && page.contains("+1 213 361 0872"), "{page}");
    assert!(page.contains(r#"<noscript><meta http-equiv="refresh" content="10"></noscript>"#), "{page}");

    call.ended().await;
    let page = html(&call.page().await);
    for part in
        ["They hung up", "table for two at seven", "https://api.bland.ai/v1/recordings/", "42 s", "data-again=\"5\""]
    {
        assert!(page.contains(part), "{part} in {page}");
    }
    // Until nothing more can come.
    call.stack.travel(Duration::from_secs(61));
    let page = html(&call.page().await);
    assert!(page.contains("data-again=\"0\"") && !page.contains("http-equiv=\"refresh\""), "{page}");
}

#[tokio::test]
async fn a_page_says_what_became_of_the_money() {
    let call = Call::placed(Script::PreQueueError).await;
    call.ended().await;
    call.stack.travel(Duration::from_secs(61));
    let page = html(&call.page().await);
    assert!(page.contains("The call failed") && page.contains("$0.54 goes back to the wallet"), "{page}");
    assert!(page.contains("data-again=\"30\""), "{page}");
    call.stack.sweep().await;
    let refund = call.poll().await["refund"].clone();
    assert_eq!(refund["status"], "refunded");
    let page = html(&call.page().await);
    assert!(
        page.contains("$0.54 was paid back") && page.contains(refund["transaction"].as_str().expect("one")),
        "{page}"
    );
    assert!(page.contains("data-again=\"0\""), "{page}");
}

#[tokio::test]
async fn what_a_stranger_says_is_text_and_nothing_else() {
    let said = "</span></li></ol><script>alert(1)</script><img src=x onerror=alert(2)>\"'&{{ style }}";
    let end = End {
        status: "completed",
        queue_status: "complete",
        answered_by: Some("human"),
        ended_by: Some("USER"),
        error: None,
        seconds: Some(42),
        summary: Some("<style>*{display:none}</style>".to_owned()),
    };
    let steps =
        vec![Step::Allocate, Step::Start, Step::Say(Speaker::User, said.to_owned()), Step::End(end), Step::Settle];
    let call = Call::placed(Script::Steps(steps)).await;
    assert_eq!(call.ended().await["transcript"][0]["text"], said);
    let page = html(&call.page().await);
    assert!(!page.contains("<script>alert") && !page.contains("<img") && !page.contains("<style>*"), "{page}");
    assert!(page.contains("&#60;script&#62;alert(1)&#60;/script&#62;"), "{page}");
    assert_eq!(page.matches("<script>").count(), 1);
    assert_eq!(page.matches("<style>").count(), 1);
}

#[tokio::test]
async fn a_page_may_do_next_to_nothing_and_is_kept_nowhere() {
    let call = Call::placed(Script::UserHangsUp).await;
    call.ended().await;
    let unknown = call.stack.get("/api/v1/voice/call/unknown").header("accept", BROWSER).send().await;
    for (page, media, form) in [
        // The button that hangs up.
        (&call.page().await, Some("media-src https://api.bland.ai"), "form-action 'self'"),
        (&unknown, None, "form-action 'none'"),
    ] {
        let policy = page.header("content-security-policy").expect("a policy");
        let rules: Vec<&str> = policy.split(';').map(str::trim).collect();
        for rule in ["default-src 'none'", "base-uri 'none'", form, "frame-ancestors 'none'"] {
            assert!(rules.contains(&rule), "{rule} in {policy}");
        }
        assert_eq!(rules.iter().find(|rule| rule.starts_with("media-src")).copied(), media, "{policy}");
        for loose in ["unsafe", "*", "http:", "data:"] {
            assert!(!policy.contains(loose), "{policy}");
        }
        for (name, value) in [
            ("referrer-policy", "no-referrer"),
            ("x-content-type-options", "nosniff"),
            ("cache-control", "no-store"),
            ("x-robots-tag", "noindex, nofollow, noarchive"),
            ("content-language", "en"),
            ("vary", "Accept, Accept-Encoding"),
        ] {
            assert_eq!(page.header(name), Some(value));
        }
    }
}

#[tokio::test]
async fn a_person_gets_the_same_page_for_every_call_that_is_not_there() {
    let stack = Stack::start(binaries!()).await;
    let at = |id: &str| stack.get(&format!("/v1/voice/call/{id}")).header("accept", BROWSER).send();
    let unknown = at("0123456789ABCDEFGHJKMNPQRS").await;
    let page = html(unknown.expect(404));
    assert!(page.contains("There is no such call") && page.contains("26 capital letters and digits"), "{page}");
    for id in ["01HXY9", "0123456789abcdefghjkmnpqrs", "%3Cscript%3E", "..%2F..%2Fetc"] {
        let malformed = at(id).await;
        assert_eq!((malformed.status, &malformed.body), (unknown.status, &unknown.body), "{id}");
    }
}

#[tokio::test]
async fn a_person_is_told_in_words_when_something_fails_here() {
    let call = Call::placed(Script::UserHangsUp).await;
    call.stack
        .dynamo
        .faults()
        .once("GetItem", Fault::Refuse(Answer::json(400, &json!({"__type": "ValidationException"}))));
    let page = html(call.page().await.expect(500));
    assert!(page.contains("Something failed on our side") && !page.contains("ValidationException"), "{page}");
    html(call.page().await.expect(200));
}
