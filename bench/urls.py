"""The service's addresses, and what they are held against: a page that only renders the base template, and JSON that
one SQL statement makes.
"""

from django.contrib.auth.decorators import login_not_required
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

from bench.api import BARE
from rvs.urls import urlpatterns as service


def base_page(request: HttpRequest) -> HttpResponse:
    return render(request, "base.html")


@login_not_required
def json_by_sql(request: HttpRequest, name: str) -> HttpResponse:
    values: dict[str, str | int] = {"organisation": request.GET["organisation"], "after": int(request.GET["after"])}
    with connection.cursor() as cursor:
        cursor.execute(BARE[name], values)
        ((text,),) = cursor.fetchall()
    return HttpResponse(text, content_type="application/json")


urlpatterns = [path("bench/base/", base_page), path("bench/json/<str:name>", json_by_sql), *service]
