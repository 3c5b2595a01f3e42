//! A call that is followed to its end: by a client that polls, and by the dialler, which says that
//! it is over. A word that is lost, late, doubled or sent too early, and any fault while it is
//! heard, leave a call that ends once, as it ended.

use std::time::Duration;

use futures_util::future::join;

use super::{Case, MINUTE, Played, asked, newest, polled};
use crate::lab::{Lab, Owner};
use crate::scenario::Conduct;
use crate::scenario::client::Errand;
use crate::scenario::kills::amid_kills;

impl Case {
    /// A call is polled until nothing about it will change any more.
    pub(super) async fn play_poll(&self, lab: &mut Lab) -> Result<Played, String> {
        let Owner { wallet, number } = lab.owner().await?;
        let errand = Errand::call(&number, &lab.callee());
        let (told, path) = lab.placed(wallet, errand).await?;
        let (stack, killed) = (&lab.stack, ["voice_call_status", "reaper"]);
        self.arm(lab);
        let mut findings = Vec::new();
        let mut ended = false;
        let mut status = 0;
        for round in 0..6 {
            if round == 1 {
                stack.bland.finish_all();
            }
            let answer = amid_kills(stack, &killed, stack.get(&path).send()).await;
            status = answer.status.as_u16();
            if !matches!(status, 200 | 500 | 502 | 503) {
                findings.push(format!("a poll was answered {status}"));
            }
            if status == 200 {
                let over = answer.json()["ended_by"] != "IN_PROGRESS";
                if ended && !over {
                    findings.push("a call that was over runs again".to_owned());
                }
                ended = over;
            } else if self.conduct == Conduct::Leaves {
                break;
            }
            // Polls of a running call cause a look in half a minute: one that failed is made up for
            // by the next.
            lab.pass(Duration::from_secs(if round < 3 { 6 } else { 61 })).await;
        }
        let swept_from = newest(lab);
        lab.pass(6 * MINUTE).await;
        amid_kills(stack, &killed, lab.sweep()).await;
        let asked = asked(lab, swept_from);
        lab.calm().await;
        if self.conduct != Conduct::Leaves && !ended {
            findings.push(format!("the call is over, and its caller does not learn it: {status}"));
        }
        Ok(Played { told: Some(told), findings, asked })
    }

    /// A call is over, and the dialler says so once. What is lost of that is found by the reaper.
    /// The one that repeats says it again while the reaper comes; the one that signs anew has said
    /// it before it was so, and says it again half a minute later.
    pub(super) async fn play_word(&self, lab: &mut Lab) -> Result<Played, String> {
        let Owner { wallet, number } = lab.owner().await?;
        let callee = lab.callee();
        let (told, path) = lab.placed(wallet, Errand::call(&number, &callee)).await?;
        let (stack, killed) = (&lab.stack, ["voice_call_ended", "reaper"]);
        let vendors = stack.bland.calls().into_iter().find(|call| call.to == callee).map(|call| call.id);
        let vendors = vendors.ok_or("the dialler has no such call")?;
        let over = |id: &str| {
            stack.bland.finish(id);
            stack.bland.words().into_iter().find(|word| word.call == id).ok_or("the dialler has nothing to say")
        };
        let word = stack.bland.word_of(&vendors).ok_or("the dialler was not told where")?;
        self.arm(lab);
        let says = || stack.word_arrives(&word);
        let mut statuses = Vec::new();
        if self.conduct == Conduct::SignsAnew {
            statuses.push(amid_kills(stack, &killed, says()).await.status.as_u16());
        }
        let word = over(&vendors)?;
        let says = || stack.word_arrives(&word);
        statuses.push(amid_kills(stack, &killed, says()).await.status.as_u16());
        match self.conduct {
            Conduct::Leaves => {}
            Conduct::Repeats => {
                let (again, _) = amid_kills(stack, &killed, async { join(says(), lab.sweep()).await }).await;
                statuses.push(again.status.as_u16());
            }
            Conduct::SignsAnew => {
                lab.pass(Duration::from_secs(30)).await;
                statuses.push(amid_kills(stack, &killed, says()).await.status.as_u16());
            }
        }
        stack.bland.taken(&vendors);
        let swept_from = newest(lab);
        for _ in 0..2 {
            lab.pass(4 * MINUTE).await;
            amid_kills(stack, &killed, lab.sweep()).await;
        }
        let asked = asked(lab, swept_from);
        lab.calm().await;
        for _ in 0..3 {
            lab.pass(2 * MINUTE).await;
            lab.sweep().await;
        }
        let mut findings = Vec::new();
        if statuses.iter().any(|status| !matches!(status, 202 | 500 | 502 | 503)) {
            findings.push(format!("a word was answered {statuses:?}"));
        }
        let shown = polled(lab, &path).await;
        if shown["ended_by"] != "USER" || shown["final"] != true || shown["charged"] != true {
            findings.push(format!("all is well again, and the call is {}, {}", shown["ended_by"], shown["charged"]));
        }
        Ok(Played { told: Some(told), findings, asked })
    }
}
