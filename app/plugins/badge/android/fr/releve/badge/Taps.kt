package fr.releve.badge

/** What one tap said: an NDEF message from a tag, or a link that the system opened the app with. */
class Tap(val message: ByteArray?, val link: String?) {
  /** For Rust: hexadecimal, since JSON has no bytes. */
  fun messageHex(): String? = message?.joinToString("") { "%02x".format(it) }
}

/**
 * Between the moment of a tap and the moment when Rust asks for it, in either order.
 *
 * A tag that opens the app arrives before any screen does, so the tap waits. Only the last one
 * waits: an older tap would clock at a home that the worker has left. Taps come on Android's NFC
 * thread and questions on Tauri's, hence the lock; answers are given outside it.
 */
class Taps {
  private var waiting: Tap? = null
  private var asker: ((Tap?) -> Unit)? = null

  /** A tag was read, or a link was opened. */
  fun arrived(tap: Tap) {
    val answer = synchronized(this) {
      val who = asker
      asker = null
      if (who == null) waiting = tap
      who
    }
    answer?.invoke(tap)
  }

  /** Takes the tap that waits, if any; else answers at the next one. A new question ends an older one. */
  fun next(answer: (Tap?) -> Unit) {
    var given: Tap? = null
    val older = synchronized(this) {
      val who = asker
      given = waiting
      waiting = null
      asker = if (given == null) answer else null
      who
    }
    older?.invoke(null)
    given?.let(answer)
  }

  /** Takes the link that waits, if it is one: the system's camera or browser opened the app. */
  fun pendingLink(): String? = synchronized(this) {
    waiting?.link?.also { waiting = null }
  }

  /** The screen closed or its time is over: the question is answered with nothing. */
  fun giveUp() {
    val who = synchronized(this) { asker.also { asker = null } }
    who?.invoke(null)
  }
}
