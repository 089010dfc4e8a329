package fr.releve.dati

/** Plain checks, run by `scripts/kotlin` with no Android: each prints nothing, or stops with its name. */
fun main() {
  var held = 0
  fun check(what: String, holds: Boolean) {
    if (!holds) throw AssertionError(what)
    held += 1
  }

  val all = Phone(telephony = true, sim = true, mayCall = true, mayText = true)
  val asked = Phone(telephony = true, sim = true, mayCall = false, mayText = false)
  val noSim = Phone(telephony = true, sim = false, mayCall = true, mayText = true)
  val tablet = Phone(telephony = false, sim = false, mayCall = true, mayText = true)
  check("with the right, it calls by itself", wayToCall("+33 5 63 00 00 00", all) == Way.ALONE)
  check("without, the dialler opens", wayToCall("+33563000000", asked) == Way.BY_HAND)
  for (number in listOf("112", "15", "17", "18")) {
    check("no app calls $number by itself", wayToCall(number, all) == Way.BY_HAND)
  }
  check("112 needs no SIM", wayToCall("112", noSim) == Way.BY_HAND)
  check("any other number does", wayToCall("0563000000", noSim) == Way.NO)
  check("a tablet calls nobody", wayToCall("112", tablet) == Way.NO)
  check("no number, no call", wayToCall(" - ", all) == Way.NO)
  check("with the right, it writes by itself", wayToText("0600000000", all) == Way.ALONE)
  check("without, the composer opens", wayToText("0600000000", asked) == Way.BY_HAND)
  check("without a SIM there is no message", wayToText("0600000000", noSim) == Way.NO)
  check("a plus counts at the beginning only", bare("+33 (0)5-63+1") == "+3305631")

  val first = nextBeep(Alert.COUNTDOWN, 0)!!
  val last = nextBeep(Alert.COUNTDOWN, 1000)!!
  check("beeps come faster", last.pauseMs < first.pauseMs)
  check("and louder", last.volume > first.volume && last.volume == 100)
  check("and no part is out of bounds", nextBeep(Alert.COUNTDOWN, 9_999)!!.pauseMs == last.pauseMs)
  check("a silent alarm is silent", nextBeep(Alert.QUIET, 500) == null && !repeats(Alert.QUIET))
  check("an acknowledged one rings no more", !repeats(Alert.ACKNOWLEDGED))
  check("a given one rings on", repeats(Alert.GIVEN))
  check("what is not known rings", Alert.of("of_tomorrow") == Alert.GIVEN)

  val fixes = Fixes()
  fixes.measured(Fix(1.0, 1.0, 5.0, 0))
  check("nothing is kept outside an alarm", fixes.last() == null)
  fixes.begin(Fix(43.9, 2.1, 900.0, 0))
  check("what the phone held is told", fixes.last()?.accuracyM == 900.0)
  fixes.measured(Fix(43.92, 2.14, 8.0, 5_000))
  fixes.measured(Fix(43.0, 2.0, 1_500.0, 9_000))
  check("a coarse one does not hide a fine one", fixes.last()?.accuracyM == 8.0)
  fixes.measured(Fix(43.0, 2.0, 1_500.0, 60_000))
  check("unless that is old", fixes.last()?.accuracyM == 1_500.0)
  fixes.end()
  check("it is forgotten at the end", fixes.last() == null)

  val feel = Feel()
  feel.felt(0, 0f, 0f, 9.80665f)
  check("nothing is felt outside a watch", feel.taken().isEmpty())
  feel.begin()
  for (ms in 0L..5_000L step 200L) feel.felt(ms, 0f, 0f, 9.80665f)
  val still = feel.taken()
  check("lying, one sample a second", still.map { it.upMs } == listOf(0L, 1_000L, 2_000L, 3_000L, 4_000L, 5_000L))
  check("in thousandths of g", still[0].z == 1_000 && still[0].x == 0)
  feel.felt(5_200, 1.5f, 0f, 9.80665f)
  check("a movement is told at once", feel.taken().single().x == 153)
  for (ms in 0L..600_000L step 1_000L) feel.felt(10_000 + ms, 0f, 0f, 9.8f)
  check("nobody asked: it does not grow for ever", feel.taken().size == 240)
  feel.felt(700_000, 0f, 0f, 0f)
  feel.end()
  check("it is forgotten at the end", feel.taken().isEmpty())

  val soon = Reminder("end:v1", 5_000, "", "")
  check("what is not wished any more is cancelled", cancelled(setOf("end:v1", "ask:s1"), listOf(soon)) == setOf("ask:s1"))
  check("badged out, all is", cancelled(setOf("end:v1"), emptyList()) == setOf("end:v1"))
  check("a moment that is over rings at once", ringsAt(soon, 9_000) == 9_000L && ringsAt(soon, 1_000) == 5_000L)
  check("what is late is left alone, not rung twice", leftAlone(setOf("end:v1"), soon, 9_000) && !leftAlone(emptySet(), soon, 9_000))
  check("what is to come is planned again", !leftAlone(setOf("end:v1"), soon, 1_000))
  check("refused notices never ring", timing(notices = false, exact = true) == "never")
  check("an exact time is not promised without the right", timing(notices = true, exact = false) == "about")

  check("a watch makes no sound", nextBeep(Alert.WATCHING, 0) == null && !repeats(Alert.WATCHING))

  println("  the alarm's native half: $held checks held")
}
