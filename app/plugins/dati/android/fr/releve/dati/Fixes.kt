package fr.releve.dati

/** A position; `upMs` is the boot clock's, which counts sleep. */
class Fix(val latitude: Double, val longitude: Double, val accuracyM: Double, val upMs: Long)

/**
 * The position worth telling: the newest, unless the one before is not old and much finer. Nothing is
 * kept outside an alarm.
 */
class Fixes {
  private var best: Fix? = null
  private var open = false

  /** An alarm has begun. What the phone held before it is told too: it is better than nothing. */
  fun begin(held: Fix?) = synchronized(this) {
    open = true
    best = held
  }

  /** A position was measured. */
  fun measured(fix: Fix) = synchronized(this) {
    val before = best
    val finer = before != null && fix.upMs - before.upMs < FRESH_MS && before.accuracyM * 3 < fix.accuracyM
    if (open && !finer) best = fix
  }

  /** It is over. */
  fun end() = synchronized(this) {
    open = false
    best = null
  }

  /** The position to tell. */
  fun last(): Fix? = synchronized(this) { best }

  private companion object {
    const val FRESH_MS = 20_000L
  }
}
