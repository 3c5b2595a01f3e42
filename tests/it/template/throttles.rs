//! The routes' limits: each has one, and all grow by what an operator says.

use std::collections::BTreeSet;

use serde_yaml_ng::Value;

use super::{entries, many, names, routes, template};

/// What the routes' limits are, with one of the scales that an operator can choose: route, burst
/// and rate.
fn throttles(scale: &Value) -> Vec<(String, u64, u64)> {
    let api = template()["Resources"]["Api"]["Properties"].clone();
    let limit = |limits: &Value, name: &str| {
        let found = many(&limits[name]);
        assert_eq!(found[..2], ["RouteRates", "RouteScale"], "{name}");
        scale[found[2].as_str()].as_u64().expect("a number")
    };
    let of = |route: String, limits: &Value| {
        (route, limit(limits, "ThrottlingBurstLimit"), limit(limits, "ThrottlingRateLimit"))
    };
    let door = of("the door".to_owned(), &api["DefaultRouteSettings"]);
    let own = entries(&api["RouteSettings"]).into_iter().map(|(route, limits)| of(route, &limits));
    [door].into_iter().chain(own).collect()
}

#[test]
fn every_route_has_a_throttle_of_its_own_and_none_is_wider_than_the_door() {
    let template = template();
    let keys: BTreeSet<_> = routes().iter().filter_map(|route| Some(route.split_once(' ')?.1.to_owned())).collect();
    assert_eq!(names(&template["Resources"]["Api"]["Properties"]["RouteSettings"]), keys);
    for (_, scale) in entries(&template["Mappings"]["RouteRates"]) {
        let all = throttles(&scale);
        let (_, most_at_once, most) = all[0].clone();
        assert!(all.iter().all(|(_, burst, rate)| *burst <= most_at_once && *rate <= most), "{all:?}");
    }
}

#[test]
fn no_client_can_take_a_route_from_the_others_with_a_few_requests_a_second() {
    let template = template();
    let scales = entries(&template["Mappings"]["RouteRates"]);
    let offered = many(&template["Parameters"]["RouteScale"]["AllowedValues"]);
    assert_eq!(scales.iter().map(|(scale, _)| scale.clone()).collect::<Vec<_>>(), offered);
    for (scale, rates) in &scales {
        let scale: u64 = scale.parse().expect("a number");
        for (route, burst, rate) in throttles(rates) {
            let least = if route.contains("/v1/") { 200 } else { 100 };
            assert!(rate >= least * scale && rate.is_multiple_of(scale) && burst == 2 * rate, "{route}");
        }
    }
}
