package fr.releve.badge

/** Plain checks, run by `scripts/kotlin` with no Android: each prints nothing, or stops with its name. */
fun main() {
  fun check(what: String, holds: Boolean) {
    if (!holds) throw AssertionError(what)
  }

  val opening = Taps()
  opening.arrived(Tap(byteArrayOf(-47, 1), null))
  var got: Tap? = null
  opening.next { got = it }
  check("a tap that opened the app waits for the question", got?.messageHex() == "d101")
  var again = true
  opening.next { again = it != null }
  opening.giveUp()
  check("and is given once", !again)

  val late = Taps()
  var link: String? = null
  late.next { link = it?.link }
  late.arrived(Tap(null, "https://releve.example/b/x"))
  check("a question waits for the tap", link == "https://releve.example/b/x")

  val twice = Taps()
  twice.arrived(Tap(null, "first"))
  twice.arrived(Tap(null, "second"))
  check("only the last tap waits", twice.pendingLink() == "second")

  val tag = Taps()
  tag.arrived(Tap(byteArrayOf(1), null))
  check("a tag is not taken for a link", tag.pendingLink() == null)

  val closed = Taps()
  var ended = 0
  closed.next { if (it == null) ended += 1 }
  closed.next { if (it == null) ended += 1 }
  check("a new question ends the older", ended == 1)
  closed.giveUp()
  check("a closed screen ends the question", ended == 2)
  closed.giveUp()
  check("and nothing is answered twice", ended == 2)

  println("  the phone's native half: 8 checks held")
}
