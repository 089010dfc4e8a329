package fr.releve.dati

import android.Manifest
import android.app.Activity
import android.app.NotificationManager
import android.content.Context
import android.content.Intent
import android.content.pm.PackageManager
import android.hardware.Sensor
import android.hardware.SensorEvent
import android.hardware.SensorEventListener
import android.hardware.SensorManager
import android.location.Location
import android.location.LocationListener
import android.location.LocationManager
import android.net.Uri
import android.os.BatteryManager
import android.os.Build
import android.os.Looper
import android.os.SystemClock
import android.telecom.TelecomManager
import android.telephony.SmsManager
import android.telephony.TelephonyManager
import app.tauri.annotation.Command
import app.tauri.annotation.InvokeArg
import app.tauri.annotation.Permission
import app.tauri.annotation.TauriPlugin
import app.tauri.plugin.Invoke
import app.tauri.plugin.JSArray
import app.tauri.plugin.JSObject
import app.tauri.plugin.Plugin

@InvokeArg
class CallArgs {
  var number: String = ""
}

@InvokeArg
class TextArgs {
  var number: String = ""
  var words: String = ""
}

@InvokeArg
class NoticeArgs {
  var key: String = ""
  var upMs: Long = 0
  var title: String = ""
  var words: String = ""
}

@InvokeArg
class PlanArgs {
  var notices: Array<NoticeArgs> = emptyArray()
}

@InvokeArg
class AlertArgs {
  var alert: String = "quiet"
  var part: Int = 0
  /** The alarm is over: the notice goes. A silent alarm is quiet and not over. */
  var over: Boolean = false
}

/** Calls, writes, measures and rings when Rust says so; decides nothing. */
@TauriPlugin(
  permissions = [
    Permission(strings = [Manifest.permission.CALL_PHONE], alias = "call"),
    Permission(strings = [Manifest.permission.SEND_SMS], alias = "text"),
    Permission(strings = [Manifest.permission.ACCESS_FINE_LOCATION, Manifest.permission.ACCESS_COARSE_LOCATION], alias = "place"),
    Permission(strings = [Manifest.permission.POST_NOTIFICATIONS], alias = "notices"),
  ]
)
class DatiPlugin(private val activity: Activity) : Plugin(activity) {
  private val fixes = Fixes()
  private val places = activity.getSystemService(Context.LOCATION_SERVICE) as LocationManager
  private val listener = LocationListener { fixes.measured(fix(it)) }
  private val planner = Planner(activity.applicationContext)
  private val feel = Feel()
  private val sensors = activity.getSystemService(Context.SENSOR_SERVICE) as SensorManager
  private val feeling = object : SensorEventListener {
    override fun onSensorChanged(event: SensorEvent) =
      feel.felt(event.timestamp / 1_000_000, event.values[0], event.values[1], event.values[2])

    override fun onAccuracyChanged(sensor: Sensor?, accuracy: Int) = Unit
  }

  @Command
  fun call(invoke: Invoke) {
    val number = invoke.parseArgs(CallArgs::class.java).number
    val way = wayToCall(number, phone())
    val action = if (way == Way.ALONE) Intent.ACTION_CALL else Intent.ACTION_DIAL
    val intent = Intent(action, Uri.fromParts("tel", bare(number), null))
    intent.putExtra(TelecomManager.EXTRA_START_CALL_WITH_SPEAKERPHONE, true)
    invoke.resolve(asked(if (way != Way.NO && opened(intent)) way else Way.NO))
  }

  @Command
  fun text(invoke: Invoke) {
    val args = invoke.parseArgs(TextArgs::class.java)
    var way = wayToText(args.number, phone())
    if (way == Way.ALONE && !sent(args)) way = Way.BY_HAND
    if (way == Way.BY_HAND) {
      val intent = Intent(Intent.ACTION_SENDTO, Uri.fromParts("smsto", bare(args.number), null))
      intent.putExtra("sms_body", args.words)
      if (!opened(intent)) way = Way.NO
    }
    invoke.resolve(asked(way))
  }

  @Command
  fun begin(invoke: Invoke) {
    activity.runOnUiThread {
      try {
        val enabled = places.getProviders(true)
        val held = enabled.mapNotNull { places.getLastKnownLocation(it) }.maxByOrNull { it.elapsedRealtimeNanos }
        fixes.begin(held?.let(::fix))
        for (provider in enabled) places.requestLocationUpdates(provider, 5_000L, 0f, listener, Looper.getMainLooper())
      } catch (denied: SecurityException) {
        fixes.begin(null)
      }
    }
    invoke.resolve()
  }

  @Command
  fun end(invoke: Invoke) {
    activity.runOnUiThread { places.removeUpdates(listener) }
    fixes.end()
    invoke.resolve()
  }

  @Command
  fun last(invoke: Invoke) {
    val data = JSObject()
    fixes.last()?.let {
      data.put("latitude", it.latitude)
      data.put("longitude", it.longitude)
      data.put("accuracyM", it.accuracyM)
      data.put("upMs", it.upMs)
    }
    invoke.resolve(data)
  }

  /** The shortcut or the tile, told once. */
  @Command
  fun pressed(invoke: Invoke) {
    val data = JSObject()
    data.put("pressed", taken(activity.intent))
    invoke.resolve(data)
  }

  override fun onNewIntent(intent: Intent) {
    // Asked for at once, since the app comes to the front; until then it is the activity's.
    activity.intent = intent
  }

  private fun taken(intent: Intent?): Boolean {
    if (intent?.action != PRESS) return false
    // Opened again from the list of recent apps: the system repeats what once opened it.
    if (intent.flags and Intent.FLAG_ACTIVITY_LAUNCHED_FROM_HISTORY != 0) return false
    intent.action = Intent.ACTION_MAIN
    return true
  }

  @Command
  fun plan(invoke: Invoke) {
    val notices = invoke.parseArgs(PlanArgs::class.java).notices
    planner.plan(notices.map { Reminder(it.key, it.upMs, it.title, it.words) })
    invoke.resolve()
  }

  @Command
  fun show(invoke: Invoke) {
    val args = invoke.parseArgs(NoticeArgs::class.java)
    Planner.show(activity, args.key, args.title, args.words)
    invoke.resolve()
  }

  @Command
  fun feelBegin(invoke: Invoke) {
    feel.begin()
    accelerometer()?.let { sensors.registerListener(feeling, it, SensorManager.SENSOR_DELAY_NORMAL) }
    invoke.resolve()
  }

  @Command
  fun feelEnd(invoke: Invoke) {
    sensors.unregisterListener(feeling)
    feel.end()
    invoke.resolve()
  }

  @Command
  fun felt(invoke: Invoke) {
    val samples = JSArray()
    for (one in feel.taken()) {
      val sample = JSObject()
      sample.put("up_ms", one.upMs)
      sample.put("x_mg", one.x)
      sample.put("y_mg", one.y)
      sample.put("z_mg", one.z)
      samples.put(sample)
    }
    val data = JSObject()
    data.put("samples", samples)
    data.put("charging", charging())
    invoke.resolve(data)
  }

  @Command
  fun alert(invoke: Invoke) {
    val args = invoke.parseArgs(AlertArgs::class.java)
    DatiService.ask(activity, Alert.of(args.alert), args.part, args.over)
    invoke.resolve()
  }

  @Command
  fun abilities(invoke: Invoke) {
    val data = JSObject()
    data.put("call", wayToCall("0", phone()).code)
    data.put("text", wayToText("0", phone()).code)
    data.put("place", if (granted(Manifest.permission.ACCESS_FINE_LOCATION) && places.getProviders(true).any { it != LocationManager.PASSIVE_PROVIDER }) "alone" else "no")
    data.put("ageMs", ageMs())
    data.put("feel", if (accelerometer() != null) "alone" else "no")
    data.put("charging", charging())
    val notices = activity.getSystemService(Context.NOTIFICATION_SERVICE) as NotificationManager
    data.put("notices", if (notices.areNotificationsEnabled()) "alone" else "no")
    data.put("timing", timing(notices.areNotificationsEnabled(), planner.exact()))
    invoke.resolve(data)
  }

  /** Asks the worker for the rights that an alarm needs, all at once, when she opens the alarm's settings. */
  @Command
  fun askRights(invoke: Invoke) {
    requestPermissionForAliases(arrayOf("call", "text", "place", "notices"), invoke, "rightsAsked")
  }

  @app.tauri.annotation.PermissionCallback
  fun rightsAsked(invoke: Invoke) = abilities(invoke)

  private fun phone(): Phone {
    val telephony = activity.packageManager.hasSystemFeature(PackageManager.FEATURE_TELEPHONY)
    val manager = activity.getSystemService(Context.TELEPHONY_SERVICE) as TelephonyManager
    val sim = telephony && manager.simState == TelephonyManager.SIM_STATE_READY
    return Phone(telephony, sim, granted(Manifest.permission.CALL_PHONE), granted(Manifest.permission.SEND_SMS))
  }

  private fun accelerometer(): Sensor? = sensors.getDefaultSensor(Sensor.TYPE_ACCELEROMETER)

  private fun charging() = (activity.getSystemService(Context.BATTERY_SERVICE) as BatteryManager).isCharging

  private fun granted(right: String) = activity.checkSelfPermission(right) == PackageManager.PERMISSION_GRANTED

  private fun opened(intent: Intent): Boolean = try {
    activity.startActivity(intent.addFlags(Intent.FLAG_ACTIVITY_NEW_TASK))
    true
  } catch (none: android.content.ActivityNotFoundException) {
    false
  } catch (denied: SecurityException) {
    false
  }

  private fun sent(args: TextArgs): Boolean = try {
    val manager = if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.S) {
      activity.getSystemService(SmsManager::class.java)
    } else {
      @Suppress("DEPRECATION")
      SmsManager.getDefault()
    }
    manager.sendMultipartTextMessage(bare(args.number), null, manager.divideMessage(args.words), null, null)
    true
  } catch (failed: RuntimeException) {
    false
  }

  /** How old the last position of any provider is; the position itself is not looked at. */
  private fun ageMs(): Long? = try {
    val newest = places.getProviders(true).mapNotNull { places.getLastKnownLocation(it)?.elapsedRealtimeNanos }.maxOrNull()
    newest?.let { SystemClock.elapsedRealtime() - it / 1_000_000 }
  } catch (denied: SecurityException) {
    null
  }

  private fun fix(at: Location) =
    Fix(at.latitude, at.longitude, at.accuracy.toDouble(), at.elapsedRealtimeNanos / 1_000_000)

  companion object {
    /** What the shortcut and the tile ask for. */
    const val PRESS = "fr.releve.app.DATI"
  }

  private fun asked(way: Way): JSObject {
    val data = JSObject()
    data.put("way", way.code)
    return data
  }
}
