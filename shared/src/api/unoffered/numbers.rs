//! The same of what sells a number and thirty days more of one.

use super::{ANOTHER_WALLET, AT_ONCE, MESSAGES, NOTIFY, Parts, TIMES, Unoffered, WALLETS, not};

/// Of a number.
pub(in crate::api) const BUY: &[Unoffered] = &[
    not(WALLETS, "the wallet that pays is the one that leases; pay with the wallet that is to have the number")
        .told_by(ANOTHER_WALLET)
        .when_a_wallet(),
    not(
        "phone phonenumber phonenumbers number contains containing matching startswith beginswith endswith pattern digits \
         vanity* word wish preferrednumber desirednumber exactnumber startingwith nxx exchangecode centralofficecode xxxx lastfour lastdigits \
         numberpattern",
        "a number cannot be chosen; `area_code` is the only wish",
    ),
    not(
        "state region inregion province city town county locality inlocality zip zipcode postalcode postcode inpostalcode \
         ratecenter inratecenter lata inlata near* distance radius latlong coordinates latitude longitude lat lon lng \
         location place metro municipality prefecture canton district neighborhood neighbourhood usstate instate incity",
        "`area_code` is the only wish of place",
    )
    .told_by(PLACE_IN_A_NAME),
    not(
        "type numbertype phonenumbertype phonetype linetype kind tollfree mobile",
        "the kind of number cannot be chosen",
    )
    .unless(&["local", "geographic", "longcode", "landline", "standard", "any", "voice"]),
    not(
        "sms* mms* fax* prompt task instructions firstsentence firstmessage greeting assistant assistantid agentid outboundagentid \
         pathwayid personaid squadid workflowid flowid transfer* fallback* server serverurl hooks allowedinbound* voiceurl voiceapplicationsid voicefallback* voicereceivemode webhook* callback* statuscallback* \
         statusurl inbound* incoming* receivecalls forward* answerurl answercalls trunksid trunkid sip* voicemail* otp verification \
         emergency* e911",
        "a number is for calling out: nothing that comes in is received",
    ),
    not("capabilities features channels capability", "a number is for calling out: nothing that comes in is received")
        .only(&[MESSAGES, INBOUND]),
    not("quantity qty count howmany numbers limit batch", "a request buys one number")
        .told_by(&[
            &["quantity qty", "!min max"],
            &["count num how total many", "numbers phones lines"],
            &["number phone", "count"],
        ])
        .unless(&["1"]),
    not(
        "days leasedays durationdays leaseduration rentaldays expiresindays",
        "a lease is thirty days; renew it for more",
    )
    .told_by(&[&["days", NOT_OF_THE_LEASE]])
    .unless(&["30"]),
    not(
        "months years weeks term duration period leaseterm expiresin* enddate until lifetime lifespan validity",
        "a lease is thirty days; renew it for more",
    )
    .and(ENDS)
    .told_by(LONGER)
    .unless(THIRTY_DAYS),
    not("autorenew* renewautomatically recurring subscription subscribe", "a lease is not renewed by itself"),
    not(
        "schedul* activateat activationdate activationtime validfrom reserve reserveuntil hold delay deliverat \
         deliverydate dispatch* when time at date datetime",
        "a lease begins at once",
    )
    .and(TIMES)
    .unless(AT_ONCE),
    not(
        "addresssid bundlesid identitysid addressid bundleid address bundle endusersid regulatorybundle documents kyc",
        "the operator's own papers stand behind a number, where a country wants any",
    ),
    not(
        "port portin porting portnumber import importnumber byoc byo* release cancel",
        "a number is leased, and nothing else",
    ),
    not("callername calleridname displayname cnam", "a number has no name of its caller"),
];

/// What speaks of where a number is to be, and not of where a caller or its customers are.
const PLACE_IN_A_NAME: &[Parts] = &[
    &["administrative", "area level region division unit"],
    &[
        "state province county region city town locality postal zip ratecenter metro municipality",
        "code name abbreviation abbr us ca usa preferred desired wanted target in near lease",
        NOT_OF_THE_PLACE,
    ],
    &["rate", "center centre"],
];
const NOT_OF_THE_PLACE: &str = "!user users client clients customer customers account billing payer buyer owner company organization \
    organisation tenant home residence birth tax shipping invoice ip geo geoip browser app machine session card merchant \
    transition workflow order event http";

/// What asks for another time than thirty days, and days that are no length of a lease.
const LONGER: &[Parts] = &[
    &["months years weeks", NOT_OF_THE_LEASE],
    &["until", "!wait"],
    &["lease rental rent", "term period length duration end ends month year week"],
    &["term", "period length duration end ends", "!utm search"],
    &["extend extension extended", "to by until for period length time"],
    &["renewal renew renewed", "period length duration term for until through interval"],
    &["expiry expiration expires", "new date time at on after lease wanted desired target", NOT_OF_AN_END],
    &["valid validity", "to till until through thru for period end", NOT_OF_AN_END],
];
/// What the end of a lease is called, beside those.
const ENDS: &str = "expires expiresat expireson expiresafter expireat expireafter expiry expirydate expirytime expiration \
    expirationdate expirationtime expirationts expdate endsat endson endat endon endtime ends validto validtill validuntil \
    validthrough validthru newexpiry newexpiresat newexpiration newend newenddate keepfor rentuntil leaseuntil";
/// What a lease is.
const THIRTY_DAYS: &[&str] = &["30", "30days", "30 days", "30d", "p30d"];
/// What else ends.
const NOT_OF_AN_END: &str = "!session token quote offer card signature payment auth authorization access cookie cache request order \
    link url key invite trial job credential certificate nonce challenge";
const NOT_OF_THE_LEASE: &str = "!ago since remaining left elapsed created updated business working fiscal birth";

const INBOUND: &[&str] = &["inbound", "incoming", "receive"];

/// Of a renewal.
pub(in crate::api) const RENEW: &[Unoffered] = &[
    not(WALLETS, "the wallet that owns a number renews it, and is the one that pays; a lease is not given to another")
        .and("newowner newownerwallet transferto")
        .told_by(ANOTHER_WALLET)
        .when_a_wallet(),
    not("days leasedays durationdays adddays extenddays extendby", "a renewal adds thirty days; renew again for more")
        .told_by(&[&["days", NOT_OF_THE_LEASE]])
        .unless(&["30"]),
    not(
        "months years weeks term duration period periods leaseterm enddate until lifetime extension extendfor renewfor \
         renewto renewtill",
        "a renewal adds thirty days; renew again for more",
    )
    .and(ENDS)
    .told_by(LONGER)
    .unless(THIRTY_DAYS),
    not(
        "quantity qty count times phonenumbers numbers renewals cycles billingcycles",
        "a request renews one number once",
    )
    .told_by(&[
        &["quantity qty", "!min max"],
        &["renewal renewals renew", "times count number num cycles"],
        &["phone count num", "numbers phones"],
    ])
    .unless(&["1"]),
    not("autorenew* renewautomatically recurring subscription subscribe", "a lease is not renewed by itself"),
    not(
        "schedul* renewat renewon renewaldate delay dispatch* when time at date datetime",
        "a lease is renewed at once",
    )
    .and(TIMES)
    .unless(AT_ONCE),
    not(
        "callback* statuscallback* statusurl onrenewal onexpiry notify* notification* reminder* remindme email sms*",
        "nothing is sent when a lease ends; `expires_at` says when",
    )
    .and(NOTIFY),
    not("country areacode newnumber changenumber swap", "a renewal keeps the number"),
    not(
        "release cancel terminate delete drop unsubscribe surrender giveup expire",
        "a renewal keeps the number; a lease that is not renewed ends by itself",
    )
    .told_by(&[&[
        "release cancel terminate delete drop unsubscribe surrender end",
        "number phone lease now immediately after at it this line renewal me",
        "!date time url",
    ]]),
];
