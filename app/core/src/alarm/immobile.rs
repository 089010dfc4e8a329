//! A phone that does not move (row B-06): felt while lone work is under watch and never else, when the
//! agency has set it. What was felt stays in memory, and never leaves the phone.

use releve_shared::alarm::countdown::Countdown;
use releve_shared::alarm::{Able, Immobility, Kind, Stillness};
use releve_shared::clock::Stamp;

use crate::core::Core;
use crate::ports::{Ability, Felt};

impl Core {
    fn immobility(&self) -> Option<Immobility> {
        self.alarm.known.settings.as_ref().and_then(|set| set.rules.immobility.clone())
    }

    /// Whether movements are to be felt: with the setting, under watch, and not while an alarm runs.
    pub(crate) fn feels(&self) -> bool {
        self.immobility().is_some()
            && self.alarm.held.session.is_some()
            && self.alarm.held.machine == Countdown::Idle
    }

    /// What was felt since the last turn. Still for too long begins a countdown, which is a question.
    pub(crate) fn immobile_turn(&mut self, felt: Option<Felt>, now: &Stamp) {
        let Some(rule) = self.immobility().filter(|_| self.feels()) else {
            self.alarm.still = Stillness::default();
            return;
        };
        let Some(felt) = felt else { return };
        if felt.charging {
            // On its charger it is not carried.
            self.alarm.still = Stillness::default();
            return;
        }
        for sample in felt.samples {
            self.alarm.still = self.alarm.still.felt(sample);
        }
        if self.alarm.still.is_over(now.up_ms, &rule) {
            self.alarm.still = Stillness::default();
            self.trigger(Kind::Immobility, now);
        }
    }

    /// For the line of means: `None` when the agency does not want it.
    pub(crate) fn still_means(&self) -> Option<Able> {
        let _ = self.immobility()?;
        let senses = &self.alarm.senses;
        Some(match (senses.feel, senses.charging) {
            (Some(Ability::Alone), false) => Able::Yes,
            // With the app in front only, as on an iPhone.
            (Some(Ability::ByHand), false) => Able::Maybe,
            (Some(Ability::Alone | Ability::ByHand), true) | (Some(Ability::No) | None, _) => {
                Able::No
            }
        })
    }
}
