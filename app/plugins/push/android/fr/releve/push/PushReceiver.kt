package fr.releve.push

import android.content.BroadcastReceiver
import android.content.Context
import android.content.Intent

/** Hears a distributor, with the app in front or not. With the app closed what came waits for its next start. */
class PushReceiver : BroadcastReceiver() {
  override fun onReceive(context: Context, intent: Intent) {
    heard(intent.action, intent::getStringExtra, intent::getByteArrayExtra)?.let(inbox::put)
    val id = intent.getStringExtra("id") ?: return
    val token = intent.getStringExtra("token") ?: return
    // Whoever hands it over wants to know that it came.
    for (distributor in distributors(context)) {
      val known = Intent("org.unifiedpush.android.distributor.MESSAGE_ACK").setPackage(distributor)
      context.sendBroadcast(known.putExtra("token", token).putExtra("id", id))
    }
  }

  companion object {
    /** One for the process: the receiver is made anew for each message. */
    val inbox = Inbox()
  }
}
