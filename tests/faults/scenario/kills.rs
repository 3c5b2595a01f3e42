//! `kill -9` at the very request: a process that meets a fault that halts it is killed there.

use std::pin::pin;

use futures_util::FutureExt;
use futures_util::future::{Either, select, select_all};
use harness::World;

/// Goes on with a step, and kills these functions' processes whenever one of them is halted.
pub(crate) async fn amid_kills<T>(world: &World, functions: &[&str], step: impl Future<Output = T>) -> T {
    let seen: Vec<u64> = world.faults().map(harness::sim::Faults::halts).collect();
    let killing = async {
        let mut seen = seen;
        loop {
            let halts = world.faults().zip(&seen).map(|(faults, seen)| faults.halted(seen + 1).boxed());
            let ((), which, _) = select_all(halts).await;
            if let Some(seen) = seen.get_mut(which) {
                *seen += 1;
            }
            for function in functions {
                world.lambda.kill(function);
            }
        }
    };
    match select(pin!(step), pin!(killing)).await {
        Either::Left((done, _)) => done,
        Either::Right(((), _)) => unreachable!("killing never ends by itself"),
    }
}
