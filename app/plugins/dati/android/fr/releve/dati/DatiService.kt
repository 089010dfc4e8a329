package fr.releve.dati

import android.app.Notification
import android.app.NotificationChannel
import android.app.NotificationManager
import android.app.PendingIntent
import android.app.Service
import android.content.Context
import android.content.Intent
import android.content.pm.ServiceInfo
import android.media.AudioManager
import android.media.ToneGenerator
import android.os.Build
import android.os.Handler
import android.os.IBinder
import android.os.Looper
import android.os.VibrationEffect
import android.os.Vibrator

/**
 * Keeps the app alive and audible from the start of a countdown to the end of the alarm, and alive while lone
 * work is under watch: Android stops an app that is behind another one, but not while it shows this notice. It
 * needs no exact alarm of the system.
 */
class DatiService : Service() {
  private val clock = Handler(Looper.getMainLooper())
  private var alert = Alert.QUIET
  private var part = 0
  private val beat = Runnable { beep() }

  override fun onBind(intent: Intent?): IBinder? = null

  override fun onStartCommand(intent: Intent?, flags: Int, startId: Int): Int {
    alert = Alert.of(intent?.getStringExtra(ALERT) ?: Alert.GIVEN.code)
    part = intent?.getIntExtra(PART, 0) ?: 0
    if (intent?.getBooleanExtra(OVER, false) == true) {
      clock.removeCallbacks(beat)
      stopForeground(STOP_FOREGROUND_REMOVE)
      stopSelf()
      return START_NOT_STICKY
    }
    show()
    clock.removeCallbacks(beat)
    beep()
    return START_REDELIVER_INTENT
  }

  override fun onDestroy() = clock.removeCallbacks(beat)

  private fun show() {
    val notices = getSystemService(Context.NOTIFICATION_SERVICE) as NotificationManager
    val watching = alert == Alert.WATCHING
    val builder = if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.O) {
      val importance = if (watching) NotificationManager.IMPORTANCE_LOW else NotificationManager.IMPORTANCE_HIGH
      val channel = if (watching) WATCH_CHANNEL else CHANNEL
      notices.createNotificationChannel(NotificationChannel(channel, "DATI", importance))
      Notification.Builder(this, channel)
    } else {
      @Suppress("DEPRECATION")
      Notification.Builder(this)
    }
    val back = packageManager.getLaunchIntentForPackage(packageName)
    val notice = builder
      .setSmallIcon(android.R.drawable.ic_dialog_alert)
      .setContentTitle("DATI")
      .setOngoing(true)
      .setContentIntent(PendingIntent.getActivity(this, 0, back, PendingIntent.FLAG_IMMUTABLE))
      .build()
    try {
      start(notice, if (watching) WATCH else LOCATION)
    } catch (denied: SecurityException) {
      // Without the right to positions the alarm still has its minutes.
      start(notice, SHORT)
    }
  }

  private fun start(notice: Notification, kind: Int) {
    if (Build.VERSION.SDK_INT < Build.VERSION_CODES.UPSIDE_DOWN_CAKE) {
      startForeground(NOTICE, notice)
    } else {
      startForeground(NOTICE, notice, kind)
    }
  }

  private fun beep() {
    val next = nextBeep(alert, part) ?: return
    // The alarm's own stream sounds when the phone is set to silent.
    val tone = ToneGenerator(AudioManager.STREAM_ALARM, next.volume)
    tone.startTone(ToneGenerator.TONE_CDMA_EMERGENCY_RINGBACK, next.soundMs)
    clock.postDelayed({ tone.release() }, next.soundMs + 50L)
    buzz(next.soundMs.toLong())
    clock.postDelayed(beat, (next.soundMs + next.pauseMs).toLong())
  }

  private fun buzz(ms: Long) {
    @Suppress("DEPRECATION")
    val vibrator = getSystemService(Context.VIBRATOR_SERVICE) as Vibrator
    if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.O) {
      vibrator.vibrate(VibrationEffect.createOneShot(ms, VibrationEffect.DEFAULT_AMPLITUDE))
    } else {
      @Suppress("DEPRECATION")
      vibrator.vibrate(ms)
    }
  }

  companion object {
    private const val CHANNEL = "dati"
    private const val WATCH_CHANNEL = "watch"

    // Positions are read during an alarm only: a watch has a kind of its own.
    private const val LOCATION = ServiceInfo.FOREGROUND_SERVICE_TYPE_LOCATION
    private const val SHORT = ServiceInfo.FOREGROUND_SERVICE_TYPE_SHORT_SERVICE
    private const val WATCH = ServiceInfo.FOREGROUND_SERVICE_TYPE_SPECIAL_USE
    private const val NOTICE = 1
    private const val ALERT = "alert"
    private const val PART = "part"
    private const val OVER = "over"

    /** From now on this. */
    fun ask(context: Context, alert: Alert, part: Int, over: Boolean = false) {
      val intent = Intent(context, DatiService::class.java)
        .putExtra(ALERT, alert.code).putExtra(PART, part).putExtra(OVER, over)
      if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.O) context.startForegroundService(intent) else context.startService(intent)
    }
  }
}
