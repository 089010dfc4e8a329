package fr.releve.fleet

/** Plain checks, run by `scripts/kotlin` with no Android: each prints nothing, or stops with its name. */
fun main() {
  fun check(what: String, holds: Boolean) {
    if (!holds) throw AssertionError(what)
  }

  val whole = managed(
    mapOf(
      "server_url" to " https://releve.example ", "server_key" to "KEY", "enrolment_code" to "7777-7777-7777-7777",
      "phone_name" to "Parc 12", "kiosk" to true, "other" to "x",
    )::get,
  )
  check("texts come trimmed", whole.texts["server_url"] == "https://releve.example")
  check("known keys only", whole.texts.keys == setOf("server_url", "server_key", "enrolment_code", "phone_name"))
  check("a kiosk is told", whole.kiosk)

  val none = managed { null }
  check("nothing set is nothing", none.texts.isEmpty() && !none.kiosk)

  val odd = managed(mapOf("server_url" to 12, "enrolment_code" to "  ", "phone_name" to "x".repeat(600), "kiosk" to "TRUE")::get)
  check("what is not of its kind is left out", odd.texts.isEmpty())
  check("some managements write a boolean as a text", odd.kiosk)

  println("  the fleet's native half: 6 checks held")
}
