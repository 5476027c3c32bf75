"""Run by Debian's own Python, which has QGIS: what QGIS sees of a collection or a tileset, as JSON.

`qgis_reads.py features URL LAYER [FILTER]`, `qgis_reads.py tiles URL WEST SOUTH EAST NORTH`; a token comes in TOKEN.
"""

import json
import os
import sys

from qgis.core import (
    QgsApplication,
    QgsCoordinateReferenceSystem,
    QgsFeatureRequest,
    QgsMapRendererSequentialJob,
    QgsMapSettings,
    QgsNetworkAccessManager,
    QgsRectangle,
    QgsVectorLayer,
    QgsVectorTileLayer,
)
from qgis.PyQt.QtCore import QSize
from qgis.PyQt.QtGui import QColor


def bring_the_token():
    """Each request says who asks. Newer versions have an API header among their accounts; this one has none yet."""
    token = os.environ.get("TOKEN")
    if token:
        words = ("Bearer " + token).encode()
        QgsNetworkAccessManager.setRequestPreprocessor(lambda request: request.setRawHeader(b"Authorization", words))


def features(address, name, condition=""):
    """Every feature of a collection, page by page."""
    words = f"url='{address}' typename='{name}' pageSize='50'"
    if condition:
        words += f" filter='{condition}'" if not condition.startswith("bbox:") else ""
    layer = QgsVectorLayer(words, name, "OAPIF")
    assert layer.isValid(), layer.error().message()
    request = QgsFeatureRequest()
    if condition.startswith("bbox:"):
        request.setFilterRect(QgsRectangle(*map(float, condition[5:].split(","))))
    elif condition:
        request.setFilterExpression(condition)
    found = [
        {
            "values": {field.name(): plain(one[field.name()]) for field in layer.fields()},
            "wkt": one.geometry().asWkt(7),
        }
        for one in layer.getFeatures(request)
    ]
    return {"count": layer.featureCount(), "crs": layer.crs().authid(), "features": found}


def plain(value):
    """A value as JSON has it."""
    return None if value is None or str(value) == "NULL" else value if isinstance(value, (int, float)) else str(value)


def tiles(address, west, south, east, north):
    """How many of 256 × 256 dots are painted when a tileset is drawn on white."""
    url = address + "/tiles/parcel/{z}/{x}/{y}.mvt"
    layer = QgsVectorTileLayer(f"type=xyz&url={url}&zmin=0&zmax=20", "parcel")
    assert layer.isValid(), layer.error().message()
    settings = QgsMapSettings()
    settings.setLayers([layer])
    settings.setDestinationCrs(QgsCoordinateReferenceSystem("EPSG:3857"))
    settings.setExtent(QgsRectangle(float(west), float(south), float(east), float(north)))
    settings.setOutputSize(QSize(256, 256))
    settings.setBackgroundColor(QColor("white"))
    job = QgsMapRendererSequentialJob(settings)
    job.start()
    job.waitForFinished()
    image = job.renderedImage()
    white = QColor("white").rgb()
    return {"painted": sum(image.pixel(x, y) != white for x in range(256) for y in range(256))}


if __name__ == "__main__":
    program = QgsApplication([], False)
    program.initQgis()
    bring_the_token()
    sys.stdout.write(json.dumps({"features": features, "tiles": tiles}[sys.argv[1]](*sys.argv[2:]), ensure_ascii=False))
    program.exitQgis()
