package fr.releve.push

import android.app.Activity
import android.app.PendingIntent
import android.content.Context
import android.content.Intent
import app.tauri.annotation.Command
import app.tauri.annotation.InvokeArg
import app.tauri.annotation.TauriPlugin
import app.tauri.plugin.Channel
import app.tauri.plugin.Invoke
import app.tauri.plugin.JSArray
import app.tauri.plugin.JSObject
import app.tauri.plugin.Plugin

private const val DISTRIBUTOR = "org.unifiedpush.android.distributor."
private const val BYTES = DISTRIBUTOR + "feature.BYTES_MESSAGE"

/** The apps that hand pushes to others, by package. */
fun distributors(context: Context, action: String = DISTRIBUTOR + "REGISTER"): List<String> {
  val found = context.packageManager.queryBroadcastReceivers(Intent(action), 0)
  return found.map { it.activityInfo.packageName }.distinct()
}

@InvokeArg
class RegisterArgs {
  var distributor: String = ""
  var token: String = ""
}

@InvokeArg
class ListenArgs {
  lateinit var channel: Channel
}

/** Asks distributors when Rust says so and hands over what they told; decides nothing. No library of Google's. */
@TauriPlugin
class PushPlugin(private val activity: Activity) : Plugin(activity) {
  @Command
  fun installed(invoke: Invoke) {
    val data = JSObject()
    data.put("distributors", JSArray(distributors(activity)))
    invoke.resolve(data)
  }

  @Command
  fun register(invoke: Invoke) {
    val args = invoke.parseArgs(RegisterArgs::class.java)
    val asked = Intent(DISTRIBUTOR + "REGISTER").setPackage(args.distributor)
    asked.putExtra("token", args.token)
    // Who asks: by name for older distributors, by what only the system can make for newer ones.
    asked.putExtra("application", activity.packageName)
    val own = Intent().setPackage(activity.packageName)
    asked.putExtra("pi", PendingIntent.getBroadcast(activity, 0, own, PendingIntent.FLAG_IMMUTABLE))
    if (args.distributor in distributors(activity, BYTES)) asked.putStringArrayListExtra("features", arrayListOf(BYTES))
    activity.sendBroadcast(asked)
    invoke.resolve()
  }

  @Command
  fun unregister(invoke: Invoke) {
    val token = invoke.parseArgs(RegisterArgs::class.java).token
    for (distributor in distributors(activity)) {
      activity.sendBroadcast(Intent(DISTRIBUTOR + "UNREGISTER").setPackage(distributor).putExtra("token", token))
    }
    invoke.resolve()
  }

  @Command
  fun heard(invoke: Invoke) {
    val all = JSArray()
    for (one in PushReceiver.inbox.take()) {
      all.put(JSObject().apply {
        put("kind", one.kind)
        put("token", one.token)
        put("text", one.text)
      })
    }
    val data = JSObject()
    data.put("heard", all)
    invoke.resolve(data)
  }

  /** From now on Rust is told when something came. */
  @Command
  fun listen(invoke: Invoke) {
    val channel = invoke.parseArgs(ListenArgs::class.java).channel
    PushReceiver.inbox.onArrival { channel.send(JSObject()) }
    invoke.resolve()
  }
}
