//! What the number library does not know of the world's numbering plans, each with the authority
//! that says so. Prefixes are digits of E.164, the calling code first.
//!
//! Where it says "metadata", that is libphonenumber's `PhoneNumberMetadata.xml`, release 9.0.35,
//! and what stands there in words beside the pattern. Its types alone tell no price: a company's
//! number is one, whatever it costs.

use super::Unsupported;

/// Calling codes that belong to no country, with what is behind them. `+800`, freephone, is not
/// among them.
pub(super) const WITHOUT_COUNTRY: [(&str, Unsupported); 8] = [
    ("808", Unsupported::Priced),
    ("870", Unsupported::Satellite),
    ("878", Unsupported::Personal),
    ("881", Unsupported::Satellite),
    ("882", Unsupported::Satellite),
    ("883", Unsupported::Satellite),
    ("888", Unsupported::Relief),
    ("979", Unsupported::Priced),
];

/// Ranges of numbers: what they are and who says so, and the digits that they begin with.
pub(super) type Ranges = &'static [(&'static str, &'static [&'static str])];

/// Ranges that cost the caller extra, and that the library takes for ordinary ones or does not
/// know.
pub(super) const EXTRA: Ranges = &[
    ("Barbados and the Caymans, 976, as in North America (Google's metadata, 9.0.43)", &["1246976", "1345976"]),
    (
        "Belgium, 070: up to 0.30 euros a minute, and up to 0.60 from a mobile (royal decree of 27 April 2007, numbering)",
        &["3270"],
    ),
    (
        "Finland's service numbers among the nationwide ones: 0100, 0200, 0202, 0209 8 and 9, 0300, directories in 075 \
         (Traficom, regulation 35, barring categories)",
        &[
            "358100", "358200", "358202", "3582098", "3582099", "358300", "358751", "358752", "3587500", "3587530",
            "3587532", "3587575", "3587598",
        ],
    ),
    ("Germany, 0137: a price for each call, as in votes on television (Bundesnetzagentur)", &["49137"]),
    ("Italy, 0878: likewise (AGCOM, national numbering plan, resolution 8/15/CIR)", &["390878"]),
    (
        "Japan, 0570: the called party chooses what its callers pay, which is on no flat rate (NTT Communications, Navi Dial; \
         metadata: \"unified number service\")",
        &["81570"],
    ),
    (
        "Portugal, 707 and 708: up to 0.10 euros a minute, and up to 0.25 from a mobile (ANACOM, decision of 16 January 2004)",
        &["351707", "351708"],
    ),
];

/// Company numbers that cost what a landline costs, or a local call. The library's type for them is
/// "universal access" or "shared cost"; these rows decide nothing about numbers of another type.
pub(super) const ORDINARY: Ranges = &[
    ("United Kingdom and its islands, 03: no more than 01 and 02 (Ofcom, National Telephone Numbering Plan)", &["443"]),
    ("Ireland, 0818: no more than a landline since December 2019 (ComReg, Numbering Conditions of Use)", &["353818"]),
    (
        "Finland and Åland, nationwide subscriber numbers: a local call (Traficom, regulation 32, numbering)",
        &["35810", "35820", "35829", "35830", "35839", "35871", "35873", "35875"],
    ),
    (
        "France, 0806 to 0809: the price of an ordinary call (ARCEP, decision 2018-0881, 2.4.4)",
        &["33806", "33807", "33808", "33809"],
    ),
    (
        "Sweden, 010: a landline; 077: a local call, the called party pays the rest (PTS, numbering plan)",
        &["4610", "4677"],
    ),
    ("Norway, five digits, 810, 815: as any number since 1 September 2019 (Nkom, nummerforskriften)", &["470", "4781"]),
    ("Switzerland, 051 and 058: landlines of companies (OFCOM, numbering plan E.164/2002)", &["4151", "4158"]),
    ("Netherlands, 14 with an area code, municipalities; 088, companies: a landline (ACM)", &["3114", "3188"]),
    ("Romania, 037: independent of a place, at a landline's price (ANCOM, national numbering plan)", &["4037"]),
    ("Czechia, 95 and 972 to 974: networks of the state and the railway, a landline (ČTÚ, numbering plan)", &["4209"]),
    ("Slovakia, 096: networks of the police and of ministries, a landline (ÚREKPS, numbering plan)", &["42196"]),
    ("Hong Kong, 30: landlines (OFCA, numbering plan)", &["85230"]),
    ("Pakistan, an area code and 111: a local call (PTA, numbering regulations)", &["92"]),
    ("Turkey, 444: an ordinary call (BTK, numbering regulation)", &["90444"]),
    ("Australia, 13 and 1300: a local call (ACMA, Telecommunications Numbering Plan 2015)", &["6113"]),
    (
        "South Africa, 0860 and 0861: a local or a national call (ICASA, Numbering Plan Regulations)",
        &["27860", "27861"],
    ),
    (
        "Argentina, 0810: a local call wherever it is from, the called party pays the rest (Secretaría de Comunicaciones, \
         resolution 938/98, \"Número Universal\")",
        &["54810"],
    ),
    (
        "Belgium, 078: a call to a landline (royal decree of 27 April 2007, numbering; metadata: \"standard rate\")",
        &["3278"],
    ),
    (
        "Brazil, 40: a local call (Wikipedia, \"Números de telefone no Brasil\", 400: \"serviços com tarifa local\"; \
         techinbrazil.com on 4000 and 4004)",
        &["5540"],
    ),
    (
        "Portugal, 808: a local call, and 809: a national one, at a capped price (ANACOM, decision of 16 January 2004; \
         metadata: \"808 are priced as local calls, 809 are national calls\")",
        &["351808", "351809"],
    ),
    (
        "South Korea, 15, 16 and 18 with eight digits: the caller pays for the call, where 14 is free (MSIT, detailed rules for \
         telecommunication numbers, as of 19 January 2019); in the metadata companies' numbers, and 060 is what costs extra",
        &["8215", "8216", "8218"],
    ),
    ("United Arab Emirates, 600: by the metadata a company's number, and 900 is what costs extra", &["971600"]),
];

/// Pagers among ordinary numbers.
pub(super) const PAGERS: Ranges = &[
    ("Antigua, Anguilla (Google's metadata, 9.0.43)", &["1268406", "1268409", "1264724"]),
    ("Hong Kong (the same)", &["8527100", "8527108"]),
];

/// The source of what follows from France's plan.
const OVERSEAS: &str = "Guadeloupe, Guyane, Martinique, Réunion and Mayotte, dialled in France as its own (ARCEP, decision 2018-0881, annex)";

/// Numbers of another country's plan that reach a phone which has one in its own too: who says so,
/// the digits that they begin with, and how that phone is written here, which is under the code of
/// its own country.
///
/// `docs/decisions.md`: Which of two numbers of one phone is called?
pub(super) const ELSEWHERE: &[(&str, &[&str], &str)] = &[
    (
        "San Marino, 0549 in Italy's plan too (AGCOM, national numbering plan, resolution 8/15/CIR); +378 without it (metadata)",
        &["390549", "3788", "3789"],
        "+378 0549 and six digits",
    ),
    (
        "Vatican: +379 is assigned and not in use (ITU-T, list of E.164 country codes, note)",
        &["379"],
        "+39 06 698 and its digits",
    ),
    (
        "Palestine, in Israel's plan too: mobiles 056 and 059 and these landlines (Ministry of Communications, Israel, \
         numbering plan; metadata)",
        &[
            "97256", "97259", "972222", "972223", "972224", "972227", "972228", "972229", "972424", "972425", "972820",
            "972821", "972824", "972825", "972826", "972828", "972923", "972925", "972926", "972929",
        ],
        "+970 and the same digits",
    ),
    (
        "Israel, from the other side (the same)",
        &[
            "97050", "97051", "97052", "97053", "97054", "97055", "97058", "97025", "97026", "9703", "97047", "97048",
            "97049", "97086", "97087", "97088", "97089", "97097", "97098",
        ],
        "+972 and the same digits",
    ),
    (
        "Kosovo, before +383: mobiles in Monaco's and Slovenia's plans, landlines in Serbia's (the metadata's ranges; ITU \
         Operational Bulletin 1114 assigns +383)",
        &["37744", "37745", "38643", "38649", "38128", "38129", "38138", "38139"],
        "+383 and the same digits behind the country code",
    ),
    (OVERSEAS, &["33262", "33263", "33269", "33639", "33692", "33693"], "+262 and the same nine digits"),
    (OVERSEAS, &["33590", "33690", "33691"], "+590 and the same nine digits"),
    (OVERSEAS, &["33594", "33694"], "+594 and the same nine digits"),
    (OVERSEAS, &["33596", "33696", "33697"], "+596 and the same nine digits"),
    (
        "Northern Ireland, 048 in Ireland's plan too (ComReg, Numbering Conditions of Use)",
        &["35348"],
        "+44 28 and the same eight digits",
    ),
    (
        "Singapore, 02 in Malaysia's plan (MCMC, numbering and electronic addressing plan)",
        &["602"],
        "+65 and eight digits",
    ),
];

/// Area codes of +1 that follow a person and not a place, or serve machines (NANPA, 5XX; CNA, 6XX);
/// the library knows the others.
pub(super) const PERSONAL_AREAS: &[&str] = &["532", "622", "633"];

/// What people dial in an emergency, somewhere. As the beginning of a number that belongs to no
/// range of its country, it is not the beginning of a number.
pub(super) const EMERGENCY: &[&str] =
    &["000", "100", "101", "102", "108", "110", "111", "112", "118", "119", "911", "999"];

/// Where numbers do begin like that.
pub(super) const SUBSCRIBERS: Ranges = &[
    ("Denmark, 91 to 99 (Google's metadata, 9.0.43)", &["4591", "4599"]),
    ("Chile, mobiles (the same)", &["569"]),
    ("Mexico, Mérida (the same)", &["52999"]),
    ("St. Pierre (the same)", &["508911", "508999"]),
];

/// Whether digits begin as one of these does.
pub(super) fn is_in(digits: &str, ranges: Ranges) -> bool {
    ranges.iter().flat_map(|(_, prefixes)| *prefixes).any(|prefix| digits.starts_with(prefix))
}
