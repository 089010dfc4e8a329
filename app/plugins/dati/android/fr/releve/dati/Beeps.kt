package fr.releve.dati

/** What is heard and felt. The names are those that Rust sends. */
enum class Alert(val code: String) {
  COUNTDOWN("countdown"),
  GIVEN("given"),
  ACKNOWLEDGED("acknowledged"),
  QUESTION("question"),
  WATCHING("watching"),
  QUIET("quiet");

  companion object {
    /** An alert of a newer Rust is not passed over in silence: it rings as an alarm does. */
    fun of(code: String): Alert = entries.firstOrNull { it.code == code } ?: GIVEN
  }
}

/** One beep and the pause after it, in milliseconds; `volume` from 0 to 100. */
class Beep(val soundMs: Int, val pauseMs: Int, val volume: Int)

/** The next beep, so far in the countdown (0 to 1000); null is silence. Nearer to the end, they come faster and louder. */
fun nextBeep(alert: Alert, part: Int): Beep? = when (alert) {
  Alert.COUNTDOWN -> {
    val far = part.coerceIn(0, 1000)
    Beep(120, 880 - 700 * far / 1000, 40 + 60 * far / 1000)
  }
  Alert.GIVEN -> Beep(700, 300, 100)
  Alert.QUESTION -> Beep(200, 1800, 60)
  Alert.ACKNOWLEDGED, Alert.WATCHING, Alert.QUIET -> null
}

/** Whether it repeats until another is asked. */
fun repeats(alert: Alert): Boolean = nextBeep(alert, 0) != null
