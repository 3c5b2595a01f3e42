//! Hanging up at the call's page: the button needs no script, and a page of another site cannot
//! press it.

use harness::request::Request;
use harness::sim::bland::Script;
use serde_json::json;

use super::{BROWSER, Call, is_ending};

impl Call {
    /// What a browser sends when the button on the call's page is used.
    fn press(&self) -> Request {
        self.hang_up()
            .header("accept", BROWSER)
            .header("origin", "null")
            .header("sec-fetch-site", "same-origin")
            .header("sec-fetch-mode", "navigate")
            .raw("application/x-www-form-urlencoded", String::new())
    }

    async fn page(&self) -> String {
        let page = self.stack.get(&format!("/v1/voice/call/{}", self.id)).header("accept", BROWSER).send().await;
        String::from_utf8(page.expect(200).body.to_vec()).expect("UTF-8")
    }
}

#[tokio::test]
async fn a_person_hangs_up_on_the_calls_page_and_is_led_back_to_it() {
    let call = Call::placed(Script::NeverEnds, 4).await;
    let page = call.page().await;
    let form = format!("<form method=\"post\" action=\"{}/hangup\"><button>Hang up now</button></form>", call.id);
    assert!(page.contains("<summary>Hang up</summary>") && page.contains(&form), "it asks first: {page}");
    let pressed = call.press().send().await;
    assert_eq!(pressed.status, 303);
    assert_eq!(pressed.header("location"), Some(format!("../{}", call.id).as_str()));
    assert_eq!((pressed.header("cache-control"), pressed.body.len()), (Some("no-store"), 0));
    assert!(call.is_over());
    let page = call.page().await;
    assert!(page.contains("Hanging up") && !page.contains("<form"), "{page}");
    call.ended().await;
    let page = call.page().await;
    assert!(page.contains("Hung up on request") && page.contains("$0.54 paid.") && !page.contains("<form"), "{page}");
    // A second press, on a page that is old: it is led to how the call has ended.
    assert_eq!(call.press().send().await.status, 303);
}

#[tokio::test]
async fn a_page_of_another_site_cannot_hang_up_unless_the_browser_has_asked() {
    let call = Call::placed(Script::NeverEnds, 4).await;
    for kind in ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain"] {
        for site in ["cross-site", "same-site"] {
            let sent = call.hang_up().header("sec-fetch-site", site).header("origin", "https://elsewhere.example");
            sent.raw(kind, "{}".to_owned()).send().await.refused(403, "foreign_page");
        }
        let old = call.hang_up().header("origin", "https://elsewhere.example").header("accept", BROWSER);
        let refused = old.raw(kind, String::new()).send().await;
        assert_eq!(refused.status, 403);
        assert!(String::from_utf8_lossy(&refused.body).contains("The call goes on"));
    }
    call.hang_up().header("sec-fetch-site", "cross-site").send().await.refused(403, "foreign_page");
    assert!(!call.is_over() && call.row()["hangup_requested_at"].is_null());
    // What a previewer of links does.
    let path = format!("/v1/voice/call/{}/hangup", call.id);
    assert_eq!(call.stack.get(&path).header("accept", BROWSER).send().await.status, 405);
    assert!(!call.is_over());

    let page = call.hang_up().header("sec-fetch-site", "cross-site").header("origin", "https://elsewhere.example");
    is_ending(&page.body(&json!({})).send().await, &call);
}
