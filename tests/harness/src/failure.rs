//! What a test failed with, for the end of its output: what its world tells is long, and often only
//! the end is kept.

use std::cell::RefCell;
use std::panic;
use std::sync::Once;

thread_local! {
    static LAST: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// From now on the last panic of each thread is remembered, besides being reported as usual.
pub(crate) fn remember() {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let reported = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            LAST.with_borrow_mut(|last| *last = Some(panic.to_string()));
            reported(panic);
        }));
    });
}

/// The last panic of this thread, and where it was.
pub(crate) fn last() -> Option<String> {
    LAST.with_borrow(Clone::clone)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_panic_of_a_thread_is_remembered() {
        remember();
        let failed = std::thread::spawn(|| {
            assert!(panic::catch_unwind(|| assert_eq!(1, 2, "one is not two")).is_err());
            last()
        });
        let told = failed.join().expect("it was caught").expect("a panic");
        assert!(told.contains("failure.rs:") && told.contains("one is not two"), "{told}");
        assert_eq!(last(), None, "it was another thread's");
    }
}
