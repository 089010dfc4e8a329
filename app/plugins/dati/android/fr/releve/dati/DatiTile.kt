package fr.releve.dati

import android.annotation.SuppressLint
import android.app.PendingIntent
import android.content.Intent
import android.os.Build
import android.service.quicksettings.TileService

/** The alarm among the quick settings (row O-31): a touch opens the app with its countdown running. */
class DatiTile : TileService() {
  override fun onClick() = unlockAndRun { open() }

  @SuppressLint("StartActivityAndCollapseDeprecated")
  private fun open() {
    val intent = packageManager.getLaunchIntentForPackage(packageName)?.setAction(DatiPlugin.PRESS) ?: return
    if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.UPSIDE_DOWN_CAKE) {
      startActivityAndCollapse(PendingIntent.getActivity(this, 1, intent, PendingIntent.FLAG_IMMUTABLE))
    } else {
      @Suppress("DEPRECATION")
      startActivityAndCollapse(intent.addFlags(Intent.FLAG_ACTIVITY_NEW_TASK))
    }
  }
}
