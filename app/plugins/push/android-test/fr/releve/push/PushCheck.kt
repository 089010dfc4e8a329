package fr.releve.push

/** Plain checks, run by `scripts/kotlin` with no Android: each prints nothing, or stops with its name. */
fun main() {
  var checks = 0
  fun check(what: String, holds: Boolean) {
    checks += 1
    if (!holds) throw AssertionError(what)
  }
  val of = "org.unifiedpush.android.connector."
  fun said(action: String, texts: Map<String, String>, bytes: ByteArray? = null) =
    heard(of + action, texts::get) { if (it == "bytesMessage") bytes else null }

  val address = said("NEW_ENDPOINT", mapOf("token" to "t", "endpoint" to "https://push.example/a"))
  check("an address", address?.kind == "endpoint" && address.text == "https://push.example/a" && address.token == "t")
  val push = said("MESSAGE", mapOf("token" to "t", "message" to "ignored"), byteArrayOf(0, -1, 16))
  check("the bytes of a push", push?.kind == "message" && push.text == "00ff10")
  check("an older one's text", said("MESSAGE", mapOf("token" to "t", "message" to "A\u007f"))?.text == "417f")
  check("a farewell", said("UNREGISTERED", mapOf("token" to "t"))?.kind == "unregistered")
  check("a refusal ends the token too", said("REGISTRATION_FAILED", mapOf("token" to "t"))?.kind == "unregistered")
  check("nothing without a token", said("MESSAGE", mapOf("message" to "a")) == null)
  check("nor without a push", said("MESSAGE", mapOf("token" to "t")) == null)
  check("nor without an address", said("NEW_ENDPOINT", mapOf("token" to "t")) == null)
  check("nor too long", said("MESSAGE", mapOf("token" to "t"), ByteArray(9_000)) == null)
  check("nor of another kind", said("LINK", mapOf("token" to "t")) == null)

  val inbox = Inbox()
  inbox.put(Heard("endpoint", "t", "before"))
  var rung = 0
  inbox.onArrival { rung += 1 }
  check("what came before is told of", rung == 1)
  repeat(70) { inbox.put(Heard("message", "t", "$it")) }
  check("each arrival rings", rung == 71)
  val all = inbox.take()
  check("the newest wait, in order", all.size == 64 && all.first().text == "6" && all.last().text == "69")
  check("and are taken once", inbox.take().isEmpty())
  println("  the native half of pushes: $checks checks held")
}
