"""The service's addresses, and one page that only renders the base template: the limit that pages are held against."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

from rvs.urls import urlpatterns as service


def base_page(request: HttpRequest) -> HttpResponse:
    return render(request, "base.html")


urlpatterns = [path("bench/base/", base_page), *service]
