package fr.releve.badge

import android.app.Activity
import android.content.Intent
import android.nfc.NdefMessage
import android.nfc.NfcAdapter
import android.nfc.Tag
import android.nfc.tech.Ndef
import android.os.Build
import android.os.Bundle
import android.os.Handler
import android.os.Looper
import android.webkit.WebView
import androidx.appcompat.app.AppCompatActivity
import app.tauri.annotation.Command
import app.tauri.annotation.InvokeArg
import app.tauri.annotation.TauriPlugin
import app.tauri.plugin.Invoke
import app.tauri.plugin.JSObject
import app.tauri.plugin.Plugin
import java.io.IOException

@InvokeArg
class ReadArgs {
  var waitMs: Long = 25_000
}

/** Listens for badges and hands their raw bytes to Rust; decides nothing. */
@TauriPlugin
class BadgePlugin(private val activity: Activity) : Plugin(activity), NfcAdapter.ReaderCallback {
  private val taps = Taps()
  private val adapter: NfcAdapter? = NfcAdapter.getDefaultAdapter(activity)
  private val clock = Handler(Looper.getMainLooper())
  private val timeOver = Runnable { finish() }
  private var listening = false

  /** The intent that started the app is nobody else's to keep. */
  override fun load(webView: WebView) = keep(activity.intent)

  override fun onNewIntent(intent: Intent) = keep(intent)

  override fun onResume(activity: AppCompatActivity) {
    if (listening) listen()
  }

  override fun onPause(activity: AppCompatActivity) {
    adapter?.disableReaderMode(this.activity)
  }

  /** The link that opened the app, if one did and nobody has asked for it yet. */
  @Command
  fun link(invoke: Invoke) {
    val data = JSObject()
    data.put("link", taps.pendingLink())
    invoke.resolve(data)
  }

  /** Waits for a tag at most `waitMs`, with reader mode on: no system sound, no other app. */
  @Command
  fun read(invoke: Invoke) {
    val args = invoke.parseArgs(ReadArgs::class.java)
    if (adapter == null || !adapter.isEnabled) {
      invoke.reject("no NFC on this phone, or switched off", "no_nfc")
      return
    }
    activity.runOnUiThread {
      listening = true
      listen()
      clock.removeCallbacks(timeOver)
      clock.postDelayed(timeOver, args.waitMs)
    }
    taps.next { tap ->
      activity.runOnUiThread { quiet() }
      val data = JSObject()
      data.put("message", tap?.messageHex())
      invoke.resolve(data)
    }
  }

  /** The badge screen was closed. */
  @Command
  fun stop(invoke: Invoke) {
    activity.runOnUiThread { finish() }
    invoke.resolve()
  }

  /** On Android's NFC thread: reading is slow, and the tag may leave meanwhile. */
  override fun onTagDiscovered(tag: Tag) {
    val ndef = Ndef.get(tag) ?: return taps.arrived(Tap(ByteArray(0), null))
    val message = try {
      ndef.connect()
      ndef.ndefMessage?.toByteArray() ?: ByteArray(0)
    } catch (left: IOException) {
      return // The tag left too soon: reader mode goes on, and the worker taps again.
    } catch (malformed: android.nfc.FormatException) {
      ByteArray(0)
    } finally {
      try { ndef.close() } catch (ignored: IOException) { /* It left. */ }
    }
    taps.arrived(Tap(message, null))
  }

  private fun keep(intent: Intent?) {
    when (intent?.action) {
      NfcAdapter.ACTION_NDEF_DISCOVERED -> first(intent)?.let { taps.arrived(Tap(it.toByteArray(), null)) }
      Intent.ACTION_VIEW -> intent.dataString?.let { taps.arrived(Tap(null, it)) }
      else -> return
    }
    // Android hands the same intent again when it makes the screen anew: a tap counts once.
    activity.intent = Intent(Intent.ACTION_MAIN)
  }

  private fun first(intent: Intent): NdefMessage? {
    val all = if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.TIRAMISU) {
      intent.getParcelableArrayExtra(NfcAdapter.EXTRA_NDEF_MESSAGES, NdefMessage::class.java)
    } else {
      @Suppress("DEPRECATION")
      intent.getParcelableArrayExtra(NfcAdapter.EXTRA_NDEF_MESSAGES)
    }
    return all?.firstOrNull() as? NdefMessage
  }

  private fun listen() {
    val kinds = NfcAdapter.FLAG_READER_NFC_A or NfcAdapter.FLAG_READER_NO_PLATFORM_SOUNDS
    adapter?.enableReaderMode(activity, this, kinds, Bundle())
  }

  private fun quiet() {
    listening = false
    clock.removeCallbacks(timeOver)
    adapter?.disableReaderMode(activity)
  }

  private fun finish() {
    quiet()
    taps.giveUp()
  }
}
