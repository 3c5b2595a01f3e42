//! The design, explored.

use model::Rules;
use model::buy::Buying;
use model::check::explore;

#[test]
fn buying() {
    let luck = std::env::args().nth(99).map_or(2, |_| 3);
    let t = std::time::Instant::now();
    let e = explore(&Buying(Rules::sound(luck)));
    println!("{} {} {} {:?} {:?}", e.states, e.transitions, e.resting, e.broken, t.elapsed());
    println!("{:?}", e.arrows);
}
