//! What happens to a number by itself, and in the reaper's round.

use super::{Buy, Custody, Number};
use crate::check::Steps;
use crate::till::Shop;
use crate::{Mistake, Rules};

impl Buy {
    /// What happens to a number by itself, and by the reaper's round.
    pub(super) fn keep(&self, at: usize, rules: Rules, steps: &mut Steps<Self>) {
        let number = self.numbers[at];
        let with = |change: fn(&mut Number)| {
            let mut to = self.clone();
            change(&mut to.numbers[at]);
            to
        };
        if number.flying {
            steps.due("a lost purchase comes to nothing", with(|number| number.flying = false));
            if !number.taken && !number.owned {
                steps.due("a lost purchase lands", with(|number| (number.flying, number.owned) = (false, true)));
                if let Some(mut to) = self.unlucky() {
                    to.late = true;
                    steps.luck("a purchase takes longer than an attempt's minute", to);
                }
            }
        }
        match number.custody {
            Custody::Importing => {
                steps.write(
                    "the dialler knows it now",
                    &["numbers::imported"],
                    with(|number| number.custody = Custody::Pooled),
                );
            }
            Custody::Releasing if number.owned => {
                steps.due("the carrier takes it back", with(|number| number.owned = false));
            }
            Custody::Releasing => {
                steps.write(
                    "it is given back",
                    &["numbers::released"],
                    with(|number| number.custody = Custody::Absent),
                );
            }
            Custody::Absent if number.owned && !rules.made(Mistake::NoReconcile) => {
                let to = with(|number| number.custody = Custody::Importing);
                steps.write("the carrier bills an unknown number", &["numbers::adopt"], to);
            }
            _ => {}
        }
        let anyway = rules.made(Mistake::ReleaseAnyway) && matches!(number.custody, Custody::Held(_));
        if (number.custody == Custody::Pooled || anyway) && !self.released {
            let mut to = with(|number| number.custody = Custody::Releasing);
            to.released = true;
            steps.optionally(|steps| steps.write("there is too much stock", &["numbers::intend_release"], to));
        }
    }
}
