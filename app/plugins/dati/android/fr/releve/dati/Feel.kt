package fr.releve.dati

/** What was felt once, in thousandths of g; `upMs` is the boot clock's. */
class Sample(val upMs: Long, val x: Int, val y: Int, val z: Int)

/**
 * What is worth telling of movements: one sample a second, and each that differs from the last one told.
 * The rule itself is Rust's. Nothing is kept outside a watch.
 */
class Feel {
  private val kept = ArrayList<Sample>()
  private var last: Sample? = null
  private var open = false

  fun begin() = synchronized(this) {
    kept.clear()
    last = null
    open = true
  }

  fun end() = synchronized(this) {
    kept.clear()
    open = false
  }

  /** In metres per second squared, as Android measures. */
  fun felt(upMs: Long, x: Float, y: Float, z: Float) = synchronized(this) {
    val sample = Sample(upMs, milliG(x), milliG(y), milliG(z))
    val before = last
    if (open && (before == null || upMs - before.upMs >= EVERY_MS || moved(before, sample))) {
      // Nobody has asked for a while: the oldest is the least worth.
      if (kept.size >= MOST) kept.removeAt(0)
      kept.add(sample)
      last = sample
    }
  }

  /** What was felt since it was last asked. */
  fun taken(): List<Sample> = synchronized(this) {
    val all = ArrayList(kept)
    kept.clear()
    all
  }

  private fun moved(a: Sample, b: Sample) =
    maxOf(Math.abs(a.x - b.x), Math.abs(a.y - b.y), Math.abs(a.z - b.z)) >= MOVED

  private fun milliG(value: Float) = Math.round(value * 1000 / 9.80665f)

  private companion object {
    const val EVERY_MS = 1_000L
    const val MOVED = 30
    const val MOST = 240
  }
}
