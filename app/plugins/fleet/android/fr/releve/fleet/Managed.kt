package fr.releve.fleet

/** The keys of `app_restrictions.xml` that are texts. */
private val TEXTS = listOf("enrolment_link", "server_url", "server_key", "enrolment_code", "phone_name")

/** Longer than any of them is. */
private const val LONGEST = 512

/** What a fleet's management has set, as Rust reads it. Rust checks what the texts mean. */
class Managed(val texts: Map<String, String>, val kiosk: Boolean)

/**
 * Reads the restrictions of the app. What is not of its kind, too long or unknown is left out: a
 * management's typing error must not keep a phone from being enrolled by hand.
 */
fun managed(value: (String) -> Any?): Managed {
  val texts = HashMap<String, String>()
  for (key in TEXTS) {
    val text = (value(key) as? String)?.trim() ?: continue
    if (text.isNotEmpty() && text.length <= LONGEST) texts[key] = text
  }
  val kiosk = when (val set = value("kiosk")) {
    is Boolean -> set
    is String -> set.trim().equals("true", ignoreCase = true)
    else -> false
  }
  return Managed(texts, kiosk)
}
