package fr.releve.dati

/** How far the phone gets by itself. The names are those that Rust reads. */
enum class Way(val code: String) {
  /** By itself. */
  ALONE("alone"),

  /** The system's own screen opens, and waits for a finger. */
  BY_HAND("by_hand"),

  /** Not at all. */
  NO("no"),
}

/** What this phone is and what its owner allowed. */
class Phone(
  val telephony: Boolean,
  val sim: Boolean,
  val mayCall: Boolean,
  val mayText: Boolean,
)

/** The numbers of help. Android lets no app dial them by itself: only the dialler may. */
private val EMERGENCY = setOf("15", "17", "18", "112", "114", "115", "119", "191", "196", "197", "911")

/** Digits and a leading plus: what stands between them is for people. */
fun bare(number: String): String = number.filterIndexed { at, c -> c.isDigit() || (c == '+' && at == 0) }

/** How a number would be called. Without a SIM the numbers of help still answer. */
fun wayToCall(number: String, phone: Phone): Way {
  val digits = bare(number)
  return when {
    digits.isEmpty() || !phone.telephony -> Way.NO
    digits in EMERGENCY -> Way.BY_HAND
    !phone.sim -> Way.NO
    phone.mayCall -> Way.ALONE
    else -> Way.BY_HAND
  }
}

/** How a message would be sent. */
fun wayToText(number: String, phone: Phone): Way = when {
  bare(number).isEmpty() || !phone.telephony || !phone.sim -> Way.NO
  phone.mayText -> Way.ALONE
  else -> Way.BY_HAND
}
