package fr.releve.dati

import android.app.AlarmManager
import android.app.Notification
import android.app.NotificationChannel
import android.app.NotificationManager
import android.app.PendingIntent
import android.content.BroadcastReceiver
import android.content.Context
import android.content.Intent
import android.net.Uri
import android.os.Build
import android.os.SystemClock

/**
 * Notices for later, with the app closed: the system's alarms wake [Rings]. The right to exact ones is not
 * asked for: where the system does not give it by itself, it may delay them, and the app says so.
 */
class Planner(private val context: Context) {
  private val alarms = context.getSystemService(Context.ALARM_SERVICE) as AlarmManager
  private val kept = context.getSharedPreferences("reminders", Context.MODE_PRIVATE)

  fun exact(): Boolean = Build.VERSION.SDK_INT < Build.VERSION_CODES.S || alarms.canScheduleExactAlarms()

  fun plan(now: List<Reminder>) {
    val before = kept.getStringSet(KEYS, emptySet()) ?: emptySet()
    for (key in cancelled(before, now)) alarms.cancel(pending(Reminder(key, 0, "", "")))
    for (reminder in now) {
      if (leftAlone(before, reminder, SystemClock.elapsedRealtime())) continue
      val at = ringsAt(reminder, SystemClock.elapsedRealtime())
      if (exact()) {
        alarms.setExactAndAllowWhileIdle(AlarmManager.ELAPSED_REALTIME_WAKEUP, at, pending(reminder))
      } else {
        alarms.setAndAllowWhileIdle(AlarmManager.ELAPSED_REALTIME_WAKEUP, at, pending(reminder))
      }
    }
    kept.edit().putStringSet(KEYS, now.map { it.key }.toSet()).apply()
  }

  private fun pending(reminder: Reminder): PendingIntent {
    // The address makes one alarm of the system a key; what it says is replaced.
    val intent = Intent(context, Rings::class.java)
      .setData(Uri.fromParts("releve", reminder.key, null))
      .putExtra(TITLE, reminder.title).putExtra(WORDS, reminder.words)
    return PendingIntent.getBroadcast(context, 0, intent, PendingIntent.FLAG_UPDATE_CURRENT or PendingIntent.FLAG_IMMUTABLE)
  }

  companion object {
    private const val KEYS = "keys"
    private const val CHANNEL = "reminders"
    const val TITLE = "title"
    const val WORDS = "words"

    fun show(context: Context, key: String, title: String, words: String) {
      val notices = context.getSystemService(Context.NOTIFICATION_SERVICE) as NotificationManager
      val builder = if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.O) {
        notices.createNotificationChannel(NotificationChannel(CHANNEL, "Rappels", NotificationManager.IMPORTANCE_HIGH))
        Notification.Builder(context, CHANNEL)
      } else {
        @Suppress("DEPRECATION")
        Notification.Builder(context).setDefaults(Notification.DEFAULT_ALL)
      }
      val open = context.packageManager.getLaunchIntentForPackage(context.packageName)
      val notice = builder
        .setSmallIcon(android.R.drawable.ic_popup_reminder)
        .setContentTitle(title)
        .setContentText(words)
        .setAutoCancel(true)
        .setContentIntent(PendingIntent.getActivity(context, 0, open, PendingIntent.FLAG_IMMUTABLE))
        .build()
      notices.notify(key.hashCode(), notice)
    }
  }
}

/** The moment has come. */
class Rings : BroadcastReceiver() {
  override fun onReceive(context: Context, intent: Intent) {
    val key = intent.data?.schemeSpecificPart ?: return
    Planner.show(context, key, intent.getStringExtra(Planner.TITLE) ?: "", intent.getStringExtra(Planner.WORDS) ?: "")
  }
}
