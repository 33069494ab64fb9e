"""The embedded Procore's people, companies and projects: made up, marked as such, and the same on every run."""

from __future__ import annotations

from dataclasses import dataclass

MARK = "Demo data of procore-jupyter's stand-in. Not Procore's, and no real project."


@dataclass(frozen=True)
class Person:
    """A person who can log in, with the ids of the companies they work in."""

    id: int
    login: str
    name: str
    companies: tuple[int, ...]

    def row(self) -> dict[str, object]:
        """Return the person as the API's ``me`` gives them."""
        return {"id": self.id, "login": self.login, "name": self.name}


@dataclass(frozen=True)
class Company:
    """A company."""

    id: int
    name: str

    def row(self) -> dict[str, object]:
        """Return the company as the API gives it."""
        return {
            "id": self.id,
            "name": self.name,
            "is_active": True,
            "logo_url": None,
            "pcn_business_experience": False,
            "my_company": True,
        }


@dataclass(frozen=True)
class Project:
    """A building project of a company."""

    id: int
    company: Company
    name: str
    number: str
    city: str
    state_code: str
    stage: str
    estimated_value: str
    start_date: str
    completion_date: str
    active: bool = True

    def row(self) -> dict[str, object]:
        """Return those fields of the API's projects that are written down here."""
        return {
            "id": self.id,
            "name": self.name,
            "display_name": f"{self.number} - {self.name}",
            "active": self.active,
            "project_number": self.number,
            "company": {"id": self.company.id, "name": self.company.name},
            "city": self.city,
            "state_code": self.state_code,
            "country_code": "US",
            "time_zone": "America/Los_Angeles",
            "stage": self.stage,
            "estimated_value": self.estimated_value,
            "start_date": self.start_date,
            "completion_date": self.completion_date,
            "created_at": f"{self.start_date}T08:00:00Z",
            "is_demo": True,
            "origin_data": "procore-jupyter demo",
            "description": MARK,
        }


BUILDERS = Company(1234, "Skyline Builders")
CIVIL = Company(5678, "Skyline Civil")
HARBOR = Company(9012, "Harbor JV")
# Newer regions give out ids beyond 32 bits.
NORTHGATE = Company(562949953443325, "Northgate Builders")
COMPANIES = {company.id: company for company in (BUILDERS, CIVIL, HARBOR, NORTHGATE)}

PEOPLE = {
    person.id: person
    for person in (
        Person(160586, "dana.reyes@demo.example", "Dana Reyes", (BUILDERS.id, CIVIL.id, HARBOR.id)),
        Person(160612, "lee.okafor@demo.example", "Lee Okafor", (BUILDERS.id,)),
        Person(2147499001, "ines.marques@demo.example", "Ines Marques", (NORTHGATE.id,)),
    )
}
SERVICE_ACCOUNT = Person(990001, "service-account@demo.example", "Demo service account", (BUILDERS.id,))

PROJECTS = (
    Project(4711, BUILDERS, "Harbor Tower", "SB-101", "Oakland", "CA", "Course of Construction", "84250000.00", "2025-03-03", "2027-08-27"),
    Project(4712, BUILDERS, "Depot North", "SB-102", "Portland", "OR", "Course of Construction", "31800000.00", "2025-05-12", "2026-12-18"),
    Project(4713, BUILDERS, "Depot South", "SB-103", "Salem", "OR", "Pre-Construction", "29400000.00", "2026-02-02", "2027-10-01"),
    Project(4714, BUILDERS, "Mill Street Lofts", "SB-104", "Tacoma", "WA", "Course of Construction", "18650000.00", "2025-01-20", "2026-09-30"),
    Project(4715, BUILDERS, "Cedar Elementary", "SB-105", "Eugene", "OR", "Course of Construction", "22100000.50", "2025-06-16", "2026-08-14"),
    Project(4716, BUILDERS, "Lakeview Clinic", "SB-106", "Bend", "OR", "Bidding", "14975000.00", "2026-04-06", "2027-06-11"),
    Project(4717, BUILDERS, "Foundry Offices", "SB-107", "Seattle", "WA", "Course of Construction", "52300000.00", "2025-02-10", "2027-01-29"),
    Project(4718, BUILDERS, "Quay Parking Garage", "SB-108", "Oakland", "CA", "Course of Construction", "11240000.00", "2025-09-01", "2026-07-31"),
    Project(4719, BUILDERS, "Orchard Data Hall", "SB-109", "Hillsboro", "OR", "Pre-Construction", "97600000.00", "2026-01-12", "2028-03-17"),
    Project(562949953421398, BUILDERS, "Summit Library", "SB-110", "Boise", "ID", "Course of Construction", "26800000.00", "2025-04-14", "2026-11-20"),
    Project(562949953421399, BUILDERS, "Riverside Housing “C”", "SB-111", "Reno", "NV", "Course of Construction", "38450000.00", "2025-07-07", "2027-04-23"),
    Project(562949953421400, BUILDERS, "Palm Avenue Retail", "SB-112", "Fresno", "CA", "Warranty", "9870000.00", "2024-10-07", "2026-02-27"),
    Project(4720, BUILDERS, "Old Cannery", "SB-090", "Astoria", "OR", "Closed", "7300000.00", "2022-03-14", "2024-05-31", active=False),
    Project(4721, BUILDERS, "Union Depot", "SB-091", "Tacoma", "WA", "Closed", "16900000.00", "2022-08-01", "2024-09-13", active=False),
    Project(5801, CIVIL, "Route 9 Overpass", "SC-014", "Salem", "OR", "Course of Construction", "41200000.00", "2025-03-31", "2027-05-28"),
    Project(5802, CIVIL, "Creek Culverts", "SC-015", "Eugene", "OR", "Course of Construction", "3650000.00", "2025-08-18", "2026-06-26"),
    Project(5803, CIVIL, "Airport Apron East", "SC-016", "Boise", "ID", "Pre-Construction", "27750000.00", "2026-05-04", "2027-11-19"),
    Project(9101, HARBOR, "Pier 7 Terminal", "HJ-001", "Oakland", "CA", "Course of Construction", "143000000.00", "2024-11-04", "2028-02-25"),
    Project(562949953430001, NORTHGATE, "Northgate Tower I", "NG-1", "Tukwila", "WA", "Course of Construction", "61500000.00", "2025-02-24", "2027-03-26"),
    Project(562949953430002, NORTHGATE, "Northgate Tower II", "NG-2", "Tukwila", "WA", "Pre-Construction", "64250000.00", "2026-03-02", "2028-06-30"),
)  # fmt: skip
