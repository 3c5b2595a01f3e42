//! The same of what looks at a wallet's things and what ends a call.

use super::{ANOTHER_WALLET, AT_ONCE, NEWEST_FIRST, TIMES, Unoffered, WALLETS, not};

/// Of a list.
pub(in crate::api) const LIST: &[Unoffered] = &[
    not(
        "includeexpired includereleased includeinactive includeall showexpired history",
        "a list has the active numbers alone",
    ),
    not("status state filter", "a list has the active numbers alone")
        .only(&[&["expired", "released", "inactive", "ended", "all", "any"]]),
    not(
        "page pageno pagenumber pageindex pagetoken nextpage nextpagetoken nexttoken offset skip cursor nextcursor after startingafter \
         before endingbefore",
        "a list has all of the wallet's numbers, and one page",
    )
    .unless(&["1", "first"]),
    not("schedul*", "a list is made at once").and(TIMES).unless(AT_ONCE),
    OWN_WALLET,
];

const OWN_WALLET: Unoffered =
    not(WALLETS, "a list is of the wallet that pays or signs in; leave it out").told_by(ANOTHER_WALLET).when_a_wallet();

/// Of a list of calls.
pub(in crate::api) const CALLS: &[Unoffered] = &[
    not(
        "includetranscript includetranscripts transcript transcripts withtranscript includesummary includerecording \
         includerecordings expand",
        "a list has no transcripts, summaries or recordings; poll a call, which is free",
    ),
    // By what is newest, others sort so that the oldest comes first unless they are told.
    not(
        "sort sortby orderby order sortorder sortdirection sortdir orderdirection ascending asc reverse",
        "the newest call is always first",
    )
    .beside(
        NEWEST_FIRST,
        &[
            "desc",
            "descending",
            "newest",
            "newestfirst",
            "-1",
            "createdat",
            "created",
            "createdatdesc",
            "date",
            "timestamp",
            "starttime",
            "startedat",
        ],
        &[
            "desc",
            "descending",
            "newest",
            "newestfirst",
            "-1",
            "-createdat",
            "-created",
            "createdatdesc",
            "createdat desc",
            "createdat:desc",
            "createdat,desc",
        ],
    ),
    not(
        "until untildate untiltime todate totime dateto timeto todatetime totimestamp createdbefore createdto createduntil createdlt \
         createdle createdlte createdatlt createdatle createdatlte createdatbefore createdatmax datecreatedbefore datecreatedlt \
         datecreatedlte updatedbefore updatedatlt updatedatle startedbefore startedto startedatlt startedatlte startdatebefore \
         startdatelt startdatelte starttimebefore starttimelt starttimelte starttimemax placedbefore callend callstartbefore \
         callstartbeforeunix end endat ending endingat endingon enddate enddatetime endtime endtimestamp endts endedbefore endedat \
         beforedate beforetime beforedatetime beforetimestamp before endingbefore endbefore maxdate maxtime maxdatetime timemax datemax \
         olderthan newest notafter beforeid",
        FROM_THE_NEWEST,
    ),
    not("to", FROM_THE_NEWEST).when_a_time(),
    not(
        "endedby callendedby endreason endedreason answeredby outcome disposition completed charged paid refunded duration durationgt \
         durationlt minduration maxduration calllength country areacode voice language task text search searchterm keyword \
         assistantid agentid batchid campaignid",
        "a list is narrowed by `number`, `status` and `since` alone",
    ),
    not("direction", "the newest call is always first, and no call comes in").unless(&[
        "desc",
        "descending",
        "outbound",
        "outgoing",
        "outboundapi",
        "out",
    ]),
    not("calltype inbound incoming", "no call comes in").only(&[&["inbound", "incoming", "true", "in"]]),
    not(
        "callid callids id ids call",
        "a list is of many calls; poll `GET /api/v1/voice/call/{call_id}`, which is free",
    ),
    not("schedul*", "a list is made at once"),
    OWN_WALLET,
];

const FROM_THE_NEWEST: &str = "a list begins at the newest call and goes on with `cursor`; stop where it is old enough";

/// Of a hang-up. Words that are as often a remark (`timestamp`, `duration`, `message`) are not
/// among them: an AI must not go on talking because of one.
pub(in crate::api) const HANGUP: &[Unoffered] = &[
    not(
        "delay delay* after afterseconds afterminutes in inseconds insecs inminutes inms seconds secs minutes mins wait waitseconds waitsecs waittime waitms waitfor waituntil at when \
         grace grace* countdown schedul* hangupat hangupafter hangupin hangupdelay endat endafter endin endtime maxduration until",
        "a call is hung up at once; `max_duration` says when it is placed how long it may last",
    )
    .and(TIMES)
    .unless(AT_ONCE),
    not(
        "endmessage endcallmessage goodbye goodbyemessage say speak farewell finalmessage lastmessage lastwords closingmessage \
         closingsentence",
        "nothing is said when a call is hung up; let `task` say how to end",
    ),
    not(
        "transfer* forwardto forwardcall* redirect* hold mute pause",
        "a call is hung up, and nothing else is done with it",
    ),
];
