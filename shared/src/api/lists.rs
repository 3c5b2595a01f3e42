//! Lists of calls.

use super::calls::{CALL_ID, FROM, TO};
use super::codes::BAD_REQUEST;
use super::numbers::{SIGNED_IN, TRANSACTION, WALLET};
use super::unoffered::CALLS;
use super::{Anyway, DRY_RUN, Endpoint, Field, IGNORED_FIELDS, Integer, Kind, Method, Tag, refusals};
use crate::types::Usdc;
use crate::types::call::{EndedBy, Status};

/// How many calls a page has.
pub const CALLS_LISTED: Integer = Integer { field: "limit", least: 1, most: 100, default: 20 };

/// What the wallet has called.
pub const VOICE_CALLS_LIST: Endpoint = Endpoint {
    name: "voice_calls_list",
    tag: Tag::Calls,
    method: Method::Post,
    path: "/api/v1/voice/calls/list",
    alias: "/v1/voice/calls/list",
    price: Usdc::micros(1_000),
    title: "The calls of the paying wallet in the last 30 days, newest first",
    about: "Lists the calls of the wallet that pays, newest first, as the last poll saw them: no dialler is asked. It is how to find \
            a `call_id` again. What was said is in the poll of a call. A list that is asked for again with the same payment is the \
            list as it was.",
    parameters: &[DRY_RUN],
    request: WANTED,
    unoffered: CALLS,
    success: 200,
    answer: &[WALLET, LISTED, COUNT, NEXT_CURSOR, TRANSACTION, IGNORED_FIELDS],
    refusals: refusals::of_paid![],
};

/// The same for a wallet that signs in.
pub const VOICE_CALLS: Endpoint = Endpoint {
    name: "voice_calls",
    tag: Tag::Calls,
    method: Method::Get,
    path: "/api/v1/voice/calls",
    alias: "/v1/voice/calls",
    price: Usdc::micros(0),
    title: "The calls of the wallet that signs in, in the last 30 days, newest first",
    about: "Lists the calls of the wallet that signs in, as `list` does, but for `transaction`, since nothing is paid. It is asked for \
            in the address, and what is signed is the address without that: one message is good for all pages. Without the header \
            SIGN-IN-WITH-X it says what to sign.",
    parameters: WANTED,
    request: &[],
    unoffered: CALLS,
    success: 200,
    answer: &[SIGNED_IN, LISTED, COUNT, NEXT_CURSOR, IGNORED_FIELDS],
    refusals: refusals::of_signed_in![BAD_REQUEST],
};

/// Which calls, in the body or in the address.
const WANTED: &[Field] = &[
    Field::maybe("limit", Kind::Integer(CALLS_LISTED), "How many calls at most.")
        .called_elsewhere(
            "pagesize perpage pagelimit max maxresults maxitems top take size count howmany numresults resultsperpage itemsperpage \
             rowsperpage recordsperpage entriesperpage callsperpage maxcount maxrecords maxentries maxcalls pagelength batchsize rows \
             first last latest recent quantity",
        )
        .such_as("20"),
    Field::maybe("number", Kind::Phone, "Only calls from or to this number, in E.164.").called_elsewhere(
        "phonenumber phone phoneno num msisdn tel telephone e164 from to fromnumber tonumber caller callee \
         callernumber calleenumber callerid destination recipient phonenumbers numbers tophone fromphone tophonenumber fromphonenumber \
         customernumber customer contact counterparty party callto callfrom calledparty callingparty",
    ),
    Field::maybe("status", Kind::Word(Status::WORDS), "Only calls that stand like this.")
        .called_elsewhere("state callstatus callstate statuses"),
    Field::maybe("since", Kind::Time, "Only calls that were placed at this time or later.").called_elsewhere(
        "fromdate datefrom fromtime timefrom fromdatetime fromtimestamp sincedate sincetime sincedatetime sincetimestamp createdafter \
         createdsince createdfrom created createdat createdgt createdge createdgte createdatgt createdatge createdatgte createdatafter \
         createdatfrom createdatmin datecreated datecreatedafter datecreatedgt datecreatedgte updatedafter updatedsince updatedatgt \
         updatedatge start starting startingat startingfrom startingon startat starton starts startsat startdate startdatetime starttime \
         starttimestamp startts startdateafter startdategt startdategte starttimeafter starttimefrom starttimegt starttimegte starttimemin \
         startedat startedafter startedsince startedfrom startedatgt startedatgte begin beginat begindate begintime beginning callstart \
         callstartafter callstartafterunix callstartdate callstarttime calldate placedat placedafter placedsince placedfrom afterdate \
         aftertime afterdatetime aftertimestamp newerthan mindate mintime mindatetime timemin datemin oldest earliest notbefore date dates \
         day days lastdays hours lasthours period interval timeframe timerange daterange timeperiod window from after",
    )
    .with_anyway(ALL_DAYS),
    Field::maybe("cursor", Kind::Pattern(CURSOR), "`next_cursor` of the page before, as it is.").called_elsewhere(
        "nextcursor pagecursor aftercursor after startingafter startafter pagetoken nextpagetoken nexttoken nextpage \
         continuationtoken continuation exclusivestartkey page pagenumber offset skip paginationkey paginationtoken pagekey pageno pagenum \
         pageindex pageoffset startindex startkey startcursor index position bookmark marker afterid sinceid nexturl nextpageuri pageafter",
    )
    .with_anyway(FIRST_PAGE),
];

/// What asks for thirty days, which a list is of.
const ALL_DAYS: &[Anyway] = &[
    ("days lastdays", &["30"]),
    ("hours lasthours", &["720", "720h"]),
    (
        "days lastdays period interval timeframe timerange daterange timeperiod window",
        &["30d", "30days", "30 days", "p30d", "last30days", "last 30 days"],
    ),
];

/// What asks for the page that comes without a cursor.
const FIRST_PAGE: &[Anyway] = &[
    ("page pagenumber pageno pagenum", &["0", "1", "first"]),
    ("offset skip pageoffset pageindex startindex index position", &["0"]),
];

const LISTED: Field = Field::always(
    "calls",
    Kind::List(&[
        CALL_ID,
        FROM,
        TO,
        Field::always("status", Kind::Word(Status::WORDS), "Where it is.").such_as("\"completed\""),
        Field::always("ended_by", Kind::Word(EndedBy::WORDS), "Why it ended.").such_as("\"USER\""),
        Field::always("call_length", Kind::OrNull(&Kind::Number), "Minutes.").such_as("1.42"),
        Field::always("charged", Kind::Boolean, "Whether it is paid for and stays so.").such_as("true"),
        Field::always("created_at", Kind::Time, "When it was placed.").such_as("\"2026-05-18T12:00:00Z\""),
        Field::always("ended_at", Kind::OrNull(&Kind::Time), "When it was over.").such_as("\"2026-05-18T12:01:30Z\""),
    ]),
    "What was called.",
);
const COUNT: Field = Field::always("count", Kind::Count, "How many are on this page.").such_as("1");
const NEXT_CURSOR: Field = Field::always(
    "next_cursor",
    Kind::OrNull(&Kind::String),
    "Where the next page begins; `null` on the last one. It is this wallet's alone, and the filters may change on the way. \
     A filter looks at two hundred calls at most, so a page can have fewer than `limit` and be followed by another.",
)
.such_as("null");

/// A cursor as it is written.
const CURSOR: &str = "^[A-Za-z0-9_-]{68}$";
