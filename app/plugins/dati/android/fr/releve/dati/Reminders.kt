package fr.releve.dati

/** A notice that is planned; `upMs` is the boot clock's. */
class Reminder(val key: String, val upMs: Long, val title: String, val words: String)

/** What is to be cancelled when a new plan replaces the one before: every key that is not in it any more. */
fun cancelled(before: Set<String>, now: List<Reminder>): Set<String> = before - now.map { it.key }.toSet()

/** One whose moment is over and that the system has had is late, or was shown: planned again it would ring twice. */
fun leftAlone(before: Set<String>, reminder: Reminder, upMs: Long): Boolean =
  reminder.key in before && reminder.upMs <= upMs

/** A moment that is over rings at once, and not at a moment of the past. */
fun ringsAt(reminder: Reminder, upMs: Long): Long = maxOf(reminder.upMs, upMs)

/** How well Android keeps the time: exactly by right, else about, else not at all. */
fun timing(notices: Boolean, exact: Boolean): String = if (!notices) "never" else if (exact) "exact" else "about"
