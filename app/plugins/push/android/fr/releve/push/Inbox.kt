package fr.releve.push

/** More than any morning brings; a push more or less costs time only. */
private const val MOST = 64

/** Longer than any push is (RFC 8030 asks for 4,096 bytes), and than any address. */
private const val LONGEST = 8_192

private const val CONNECTOR = "org.unifiedpush.android.connector."

/** What a distributor told, as Rust reads it: `text` is an address, or a push in hexadecimal. */
class Heard(val kind: String, val token: String, val text: String)

/**
 * Reads what a distributor sent. Anybody may send it, so that what is not whole is nothing; what a push
 * means is found out in Rust, where only one of our server's opens.
 */
fun heard(action: String?, text: (String) -> String?, bytes: (String) -> ByteArray?): Heard? {
  val token = text("token")?.takeIf { it.isNotEmpty() && it.length <= LONGEST } ?: return null
  return when (action) {
    CONNECTOR + "NEW_ENDPOINT" -> text("endpoint")?.takeIf { it.length <= LONGEST }?.let { Heard("endpoint", token, it) }
    CONNECTOR + "MESSAGE" -> {
      // An older distributor hands over text, each character a byte.
      val came = bytes("bytesMessage") ?: text("message")?.toByteArray(Charsets.ISO_8859_1)
      came?.takeIf { it.size <= LONGEST }?.let { Heard("message", token, hex(it)) }
    }
    // Refused: the token is of no use any more.
    CONNECTOR + "UNREGISTERED", CONNECTOR + "REGISTRATION_FAILED" -> Heard("unregistered", token, "")
    else -> null
  }
}

private fun hex(bytes: ByteArray): String = bytes.joinToString("") { "%02x".format(it) }

/** Between the moment when something comes and the moment when Rust looks: the newest wait, the oldest go. */
class Inbox {
  private val waiting = ArrayDeque<Heard>()
  private var bell: (() -> Unit)? = null

  /** Who is to be told that something came; told at once of what waits. */
  @Synchronized
  fun onArrival(ring: () -> Unit) {
    bell = ring
    if (waiting.isNotEmpty()) ring()
  }

  @Synchronized
  fun put(heard: Heard) {
    if (waiting.size == MOST) waiting.removeFirst()
    waiting.addLast(heard)
    bell?.invoke()
  }

  /** What came since the last look, oldest first. */
  @Synchronized
  fun take(): List<Heard> {
    val all = waiting.toList()
    waiting.clear()
    return all
  }
}
